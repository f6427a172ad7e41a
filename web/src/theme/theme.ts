/**
 * The one place of colours, type and measure. Iris is what can be pressed; copper is the mark of the house and never a
 * state; moss, amber, brick, sky and plum are states, always beside a word and an icon.
 */
import {
  Badge,
  Button,
  Card,
  type CSSVariablesResolver,
  createTheme,
  type MantineColorsTuple,
  Modal,
  Notification,
  Paper,
  PasswordInput,
  TextInput,
  Tooltip,
} from "@mantine/core";

const iris: MantineColorsTuple = [
  "#f1f1fb",
  "#dfe0f5",
  "#bfc1ea",
  "#a0a3e0",
  "#8085d6",
  "#666cc8",
  "#5157b8",
  "#43489c",
  "#373b80",
  "#2a2d62",
];
const copper: MantineColorsTuple = [
  "#fbf2ec",
  "#f3dfd1",
  "#e7bd9f",
  "#da996b",
  "#cf7b42",
  "#c5682a",
  "#ad5720",
  "#8d461a",
  "#6d3615",
  "#4e270f",
];
const moss: MantineColorsTuple = [
  "#ecf6ef",
  "#d3eada",
  "#a8d5b6",
  "#79bf8f",
  "#52ab70",
  "#3a9a5b",
  "#2a7d47",
  "#22673a",
  "#1b512e",
  "#133b21",
];
const amber: MantineColorsTuple = [
  "#fdf5e3",
  "#f9e6bb",
  "#f3cf7c",
  "#ecb641",
  "#dd9f1b",
  "#c0860c",
  "#966606",
  "#7c5405",
  "#624204",
  "#473003",
];
const brick: MantineColorsTuple = [
  "#fcefee",
  "#f7d7d4",
  "#efaea8",
  "#e6827a",
  "#dc5d53",
  "#cf4439",
  "#b5332a",
  "#962a23",
  "#75211b",
  "#541813",
];
const sky: MantineColorsTuple = [
  "#e9f4fb",
  "#cde5f4",
  "#9bcbe9",
  "#66afdc",
  "#3f98cf",
  "#2784bd",
  "#1b6c9f",
  "#165883",
  "#114567",
  "#0c324b",
];
const plum: MantineColorsTuple = [
  "#f8eff8",
  "#ecd6ed",
  "#d9addb",
  "#c582c8",
  "#b25fb6",
  "#9f47a3",
  "#863787",
  "#6e2d6f",
  "#562357",
  "#3e193f",
];
const stone: MantineColorsTuple = [
  "#f7f7f5",
  "#eeeeeb",
  "#e2e2de",
  "#cfcfca",
  "#b0b0aa",
  "#8d8d88",
  "#6b6c6a",
  "#54555a",
  "#3a3b42",
  "#1d1e24",
];
const dark: MantineColorsTuple = [
  "#e6e6ea",
  "#c6c7ce",
  "#a2a4ae",
  "#7b7d89",
  "#43454f",
  "#31333b",
  "#22242a",
  "#17181c",
  "#111215",
  "#0b0c0e",
];

export const theme = createTheme({
  colors: { iris, copper, moss, amber, brick, sky, plum, stone, gray: stone, dark },
  primaryColor: "iris",
  primaryShade: { light: 6, dark: 5 },
  black: "#1d1e24",
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, 'SF Mono', Menlo, monospace",
  headings: {
    fontWeight: "620",
    sizes: {
      h1: { fontSize: "1.625rem", lineHeight: "1.25" },
      h2: { fontSize: "1.1875rem", lineHeight: "1.35" },
      h3: { fontSize: "1rem", lineHeight: "1.4" },
    },
  },
  defaultRadius: "md",
  radius: { xs: "3px", sm: "5px", md: "8px", lg: "12px", xl: "18px" },
  cursorType: "pointer",
  respectReducedMotion: true,
  focusRing: "auto",
  components: {
    Badge: Badge.extend({ defaultProps: { variant: "light", radius: "sm" } }),
    Button: Button.extend({ defaultProps: { radius: "md" }, styles: { label: { fontWeight: 550 } } }),
    Card: Card.extend({
      defaultProps: { withBorder: true, radius: "lg", padding: "lg" },
    }),
    Paper: Paper.extend({ defaultProps: { radius: "lg" } }),
    Modal: Modal.extend({
      defaultProps: { radius: "lg", centered: true, overlayProps: { backgroundOpacity: 0.45, blur: 2 } },
      styles: {
        title: { fontWeight: 620, fontSize: "1.125rem" },
        header: { background: "var(--rp-panel)" },
        content: { background: "var(--rp-panel)", border: "1px solid var(--rp-line)" },
      },
    }),
    Notification: Notification.extend({ defaultProps: { withBorder: true, radius: "md" } }),
    PasswordInput: PasswordInput.extend({ defaultProps: { radius: "md" } }),
    TextInput: TextInput.extend({ defaultProps: { radius: "md" } }),
    Tooltip: Tooltip.extend({
      defaultProps: {
        multiline: true,
        maw: 320,
        withArrow: true,
        openDelay: 250,
        events: { hover: true, focus: true, touch: true },
      },
    }),
  },
});

/** Colours with a role. Each pair of text and ground keeps 4.5:1; a test computes it. */
export const ROLES = {
  light: {
    "--rp-ground": "#f6f6f3",
    "--rp-panel": "#ffffff",
    "--rp-sunken": "#f0f0ec",
    "--rp-line": "#e0e0da",
    "--rp-text": "#1d1e24",
    "--rp-quiet": "#5c5d64",
    "--rp-link": "#43489c",
    "--rp-bar": "#1c1d31",
    "--rp-bar-line": "#2e3050",
    "--rp-bar-text": "#c9cae0",
    "--rp-bar-strong": "#ffffff",
    "--rp-bar-active": "#33355c",
    "--rp-copper": "#cf7b42",
    "--rp-ok": "#22673a",
    "--rp-ok-ground": "#e3f2e8",
    "--rp-warning": "#7c5405",
    "--rp-warning-ground": "#fbefd0",
    "--rp-failed": "#962a23",
    "--rp-failed-ground": "#fbe6e4",
    "--rp-running": "#165883",
    "--rp-running-ground": "#e0f0fa",
    "--rp-overdue": "#6e2d6f",
    "--rp-overdue-ground": "#f5e6f6",
    "--rp-idle": "#54555a",
    "--rp-idle-ground": "#ececea",
  },
  dark: {
    "--rp-ground": "#141518",
    "--rp-panel": "#1c1d22",
    "--rp-sunken": "#17181c",
    "--rp-line": "#303239",
    "--rp-text": "#e6e6ea",
    "--rp-quiet": "#a2a4ae",
    "--rp-link": "#a9ace6",
    "--rp-bar": "#101117",
    "--rp-bar-line": "#24262f",
    "--rp-bar-text": "#b4b5c4",
    "--rp-bar-strong": "#ffffff",
    "--rp-bar-active": "#2a2c44",
    "--rp-copper": "#da996b",
    "--rp-ok": "#8fd3a5",
    "--rp-ok-ground": "#17301f",
    "--rp-warning": "#f0c566",
    "--rp-warning-ground": "#362a0d",
    "--rp-failed": "#f2a19a",
    "--rp-failed-ground": "#3d1b19",
    "--rp-running": "#8cc7ea",
    "--rp-running-ground": "#122d40",
    "--rp-overdue": "#dba6de",
    "--rp-overdue-ground": "#331a35",
    "--rp-idle": "#b7b8bf",
    "--rp-idle-ground": "#2b2d33",
  },
} as const;

const NAMES = ["iris", "copper", "moss", "amber", "brick", "sky", "plum", "stone"] as const;

/** Text of light and subtle buttons, badges and alerts: in its own colour, not nearly black or white. */
function coloredText(shade: number): Record<string, string> {
  return Object.fromEntries(
    NAMES.map((name) => [`--mantine-color-${name}-light-color`, `var(--mantine-color-${name}-${shade})`]),
  );
}

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...ROLES.light,
    ...coloredText(7),
    "--mantine-primary-color-light-color": "var(--mantine-color-iris-7)",
    "--mantine-color-body": ROLES.light["--rp-ground"],
    "--mantine-color-text": ROLES.light["--rp-text"],
    "--mantine-color-dimmed": ROLES.light["--rp-quiet"],
    "--mantine-color-anchor": ROLES.light["--rp-link"],
    "--mantine-color-default-border": "#d4d4ce",
    "--mantine-color-placeholder": "#74757a",
    "--mantine-color-error": ROLES.light["--rp-failed"],
  },
  dark: {
    ...ROLES.dark,
    ...coloredText(3),
    "--mantine-color-stone-light": ROLES.dark["--rp-idle-ground"],
    "--mantine-primary-color-light-color": "var(--mantine-color-iris-3)",
    "--mantine-color-body": ROLES.dark["--rp-ground"],
    "--mantine-color-text": ROLES.dark["--rp-text"],
    "--mantine-color-dimmed": ROLES.dark["--rp-quiet"],
    "--mantine-color-anchor": ROLES.dark["--rp-link"],
    "--mantine-color-default": ROLES.dark["--rp-panel"],
    "--mantine-color-default-hover": "#26282f",
    "--mantine-color-default-border": "#3b3d46",
    "--mantine-color-placeholder": "#8b8d98",
    "--mantine-color-error": ROLES.dark["--rp-failed"],
  },
});
