/** French sets a space before double signs and inside its quotation marks, where no line may break. */
export function typeset(text: string): string {
  return text.replace(/ (?=[:;?!»])/g, "\u00a0").replace(/« /g, "«\u00a0");
}
