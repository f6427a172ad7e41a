import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeAll } from "vitest";
import { startI18n } from "@/i18n/i18n";

// What Mantine asks of a browser and happy-dom does not have.
class NoResizeObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}
window.ResizeObserver ??= NoResizeObserver;
window.HTMLElement.prototype.scrollIntoView ??= () => {};

// How long a test waits for what shall appear, on a busy machine too.
configure({ asyncUtilTimeout: 15_000 });

beforeAll(async () => {
  localStorage.setItem("rempart.language", "fr");
  await startI18n();
});

afterEach(cleanup);
