import { useMediaQuery } from "@mantine/hooks";

/** Whether the page is about as wide as a phone: rows become cards, dialogs fill it. The same width as in the style sheets. */
export function useNarrow(): boolean {
  return useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
}
