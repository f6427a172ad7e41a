import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { useState } from "react";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { api, ask } from "@/api/client";
import { changeLanguage } from "@/i18n/i18n";
import { ChoiceSelect } from "@/shared/choice/ChoiceSelect";
import type { ChoiceSource, Choosable } from "@/shared/choice/useChoices";
import { renderPage } from "./page";
import { server } from "./server";

const ALL = Array.from({ length: 3000 }, (_, at) => ({ id: at + 1, name: `pool ${at + 1}` }));
const source: ChoiceSource<Choosable> = {
  topic: "pools",
  page: (query, signal) => ask(api.GET("/api/pools", { params: { query }, signal })),
  one: (id, signal) => ask(api.GET("/api/pools/{id}", { params: { path: { id } }, signal })),
};

/** What the server was asked for, as `limit q`. */
let asked: string[] = [];

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

async function open(value: number | null): Promise<void> {
  asked = [];
  await changeLanguage("en");
  server.use(
    http.get("*/api/pools", ({ request }) => {
      const { searchParams } = new URL(request.url);
      const q = searchParams.get("q") ?? "";
      const limit = Number(searchParams.get("limit"));
      asked.push(`${limit} ${q}`);
      const found = ALL.filter(({ name }) => name.includes(q));
      return HttpResponse.json({ items: found.slice(0, limit), total: found.length, nextCursor: null });
    }),
    http.get("*/api/pools/:id", ({ params }) => HttpResponse.json(ALL[Number(params.id) - 1])),
  );
  await renderPage(() => {
    const [id, setId] = useState(value);
    return (
      <>
        <ChoiceSelect label="pool" source={source} value={id} onChange={setId} />
        <output>{id}</output>
      </>
    );
  });
}

const field = () => screen.getByRole("combobox", { name: "pool" });

describe("a choice among any number", () => {
  it("offers the first ones, says how many more there are, and has the server look for what is typed", async () => {
    await open(null);
    await userEvent.click(field());
    expect(await screen.findByRole("option", { name: "pool 50" })).toBeInTheDocument();
    expect(screen.queryByRole("option", { name: "pool 51" })).toBeNull();
    expect(screen.getByRole("option", { name: "2,950 more: type a part of its name" })).toBeInTheDocument();
    await userEvent.type(field(), "2999");
    await userEvent.click(await screen.findByRole("option", { name: "pool 2999" }));
    expect(screen.getByRole("status")).toHaveTextContent("2999");
    expect(field()).toHaveValue("pool 2999");
    expect(asked).toContain("50 2999");
  });

  it("shows by its name what was chosen before, wherever it stands in the list", async () => {
    await open(2500);
    await waitFor(() => expect(field()).toHaveValue("pool 2500"));
    // What the field shows is no search.
    await userEvent.click(field());
    expect(await screen.findByRole("option", { name: "pool 1" })).toBeInTheDocument();
    expect(asked.filter((query) => query !== "50 ")).toEqual([]);
  });
});
