/**
 * Puts a `.br` and a `.gz` beside each built file that shrinks by it.
 *
 * Another release of a compressor may give other bytes for the same file. What still unpacks to
 * what was built is therefore kept as it is, and a build anew changes nothing.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync } from "node:zlib";

import { gzipSync } from "fflate";
import type { Plugin } from "vite";

const WORTHWHILE = /\.(?:css|html|js|svg|txt|webmanifest)$/;

interface Way {
  readonly ending: string;
  readonly pack: (plain: Buffer) => Uint8Array;
  readonly unpack: (packed: Buffer) => Buffer;
}

const WAYS: readonly Way[] = [
  {
    ending: ".br",
    pack: (plain) =>
      brotliCompressSync(plain, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
          [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
        },
      }),
    unpack: (packed) => brotliDecompressSync(packed),
  },
  { ending: ".gz", pack: (plain) => gzipSync(plain, { level: 9, mtime: 0 }), unpack: gunzipSync },
];

function filesBelow(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function isSame(way: Way, packed: Buffer, plain: Buffer): boolean {
  try {
    return way.unpack(packed).equals(plain);
  } catch {
    return false; // cut off or by another way: it is packed anew
  }
}

/** The plugin. `committed` has what was built before, wherever is built into now. */
export function compressed(committed: string): Plugin {
  const before = new Map<string, Buffer>();
  let directory = committed;
  return {
    name: "thrum-compressed",
    apply: "build",
    configResolved(config) {
      directory = resolve(config.root, config.build.outDir);
    },
    buildStart() {
      for (const path of filesBelow(committed)) {
        if (WAYS.some((way) => path.endsWith(way.ending))) before.set(relative(committed, path), readFileSync(path));
      }
    },
    closeBundle() {
      for (const path of filesBelow(directory).filter((each) => WORTHWHILE.test(each))) {
        const plain = readFileSync(path);
        for (const way of WAYS) {
          const old = before.get(relative(directory, path) + way.ending);
          const packed = old && isSame(way, old, plain) ? old : way.pack(plain);
          writeFileSync(path + way.ending, packed);
        }
      }
    },
  };
}
