/**
 * Names of classes that say of which style sheet they are, and repeat little else: they stand in
 * every script of a view, which is to be small.
 */
import { basename } from "node:path";

/** Names a class of a style sheet, such as `_row_mail` of `mail.module.css`. */
export function classNames(): (name: string, file: string) => string {
  const files = new Map<string, string>();
  return (name, file) => {
    const sheet = basename(file).split(".")[0] ?? "";
    const [plain = ""] = file.split("?");
    const known = files.get(sheet) ?? plain;
    if (known !== plain) throw new Error(`${plain} and ${known} have the same name, and so would their classes`);
    files.set(sheet, plain);
    return `_${name}_${sheet}`;
  };
}
