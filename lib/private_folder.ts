import { dirname } from "node:path";

/** What keeps a folder from being used, in a few words. */
export class FolderRefusal extends Error {
  override readonly name = "FolderRefusal";
}

const OTHERS_MAY_WRITE = 0o022;
const ANYBODY_MAY_WRITE = 0o002;
const STICKY = 0o1000;
const ROOT = 0;

/**
 * Makes a folder that only its owner may enter, or checks the one that is there. What lies in it will be run, so it must be this user's,
 * and so must the folder around it or else be root's: whoever owns that could swap it.
 *
 * @throws {FolderRefusal} With the reason, when it cannot be used.
 */
export function ensurePrivateFolder(path: string): void {
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
    const info = Deno.lstatSync(path);
    if (!info.isDirectory) throw new FolderRefusal("is not a folder");
    if (Deno.build.os === "windows") return; // Profiles are private to their user there; files have no owner number.
    const user = Deno.uid();
    if (info.uid !== user) throw new FolderRefusal(`belongs to user ${info.uid}, not to ${user}`);
    const parent = Deno.statSync(dirname(path));
    if (parent.uid !== user && parent.uid !== ROOT) throw new FolderRefusal(`lies in a folder of user ${parent.uid}`);
    const parentMode = parent.mode ?? 0;
    // A sticky folder such as /tmp lets nobody rename what is another's.
    if ((parentMode & ANYBODY_MAY_WRITE) !== 0 && (parentMode & STICKY) === 0) {
      throw new FolderRefusal("lies in a folder that anybody may write to");
    }
    if ((info.mode ?? 0) & OTHERS_MAY_WRITE) Deno.chmodSync(path, 0o700);
  } catch (error) {
    if (error instanceof FolderRefusal) throw error;
    throw new FolderRefusal(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
