import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const MIB = 1024 * 1024;
const DATA_MIB = 128;
/** Each doubles what there is to read: 256 GiB in the end, those before included. */
const DOUBLINGS = 10;

/**
 * A folder that takes longer to read than any test needs, on a fast machine too, and hardly any space: a few files in
 * memory, mounted below themselves again and again. A run over it is at work until it is told to stop.
 */
export class EndlessFolder {
  private constructor(readonly path: string) {}

  /** `path` is an empty folder. */
  static async over(path: string): Promise<EndlessFolder> {
    // The mounts are its own, and go all at once with the outermost.
    mount("-t", "tmpfs", "-o", `size=${2 * DATA_MIB}m`, "tmpfs", path);
    mount("--make-private", path);
    const folder = new EndlessFolder(path);
    let whole = join(path, "data");
    await mkdir(whole);
    for (let part = 0; part < 8; part++) {
      await writeFile(join(whole, `part-${part}.bin`), randomBytes((DATA_MIB / 8) * MIB));
    }
    for (let doubling = 0; doubling < DOUBLINGS; doubling++) {
      const twice = join(path, `doubled-${doubling}`);
      for (const half of ["first", "second"]) {
        await mkdir(join(twice, half), { recursive: true });
        mount("--rbind", whole, join(twice, half));
      }
      whole = twice;
    }
    return folder;
  }

  /** The folder is there and empty again. */
  end(): void {
    execFileSync("umount", ["--lazy", this.path]);
  }
}

function mount(...options: string[]): void {
  execFileSync("mount", ["--no-mtab", ...options]);
}
