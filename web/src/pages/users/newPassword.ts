/** Letters and digits that nobody confuses when reading them aloud. */
const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";
const GROUPS = 4;
const GROUP_LENGTH = 5;

/** A password of four groups, 99 bits, from the browser's source of chance. */
export function newPassword(): string {
  const groups: string[] = [];
  for (let group = 0; group < GROUPS; group += 1) {
    let word = "";
    while (word.length < GROUP_LENGTH) word += letter();
    groups.push(word);
  }
  return groups.join("-");
}

/** Bytes that would favour some letters are thrown away. */
function letter(): string {
  const limit = 256 - (256 % ALPHABET.length);
  for (;;) {
    const byte = crypto.getRandomValues(new Uint8Array(1))[0] ?? 255;
    if (byte < limit) return ALPHABET.charAt(byte % ALPHABET.length);
  }
}
