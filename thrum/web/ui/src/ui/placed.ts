/** Where something stands that opens beside a part of the page. */

export type Box = Pick<DOMRect, "left" | "right" | "top" | "bottom">;
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Between it and what it belongs to, and between it and the edge of the window. */
const GAP = 4;

/** Its upper left corner: below what it belongs to, above where there is more room, never outside of the window. */
export function placed(at: Box, size: Size, room: Size, isAtEnd: boolean): { readonly left: number; readonly top: number } {
  const fits = at.bottom + GAP + size.height <= room.height || room.height - at.bottom >= at.top;
  const top = fits ? at.bottom + GAP : at.top - GAP - size.height;
  const left = isAtEnd ? at.right - size.width : at.left;
  return { left: within(left, size.width, room.width), top: within(top, size.height, room.height) };
}

function within(from: number, length: number, room: number): number {
  return Math.max(GAP, Math.min(from, room - length - GAP));
}
