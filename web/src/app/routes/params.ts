import { notFound, useParams } from "@tanstack/react-router";

/** The id in the page's address. What is no id leads to "there is no such page". */
export function useIdParam(name: string): number {
  const params: object = useParams({ strict: false });
  const id = Number(Reflect.get(params, name));
  if (!Number.isSafeInteger(id) || id < 1) throw notFound();
  return id;
}

/** A text in the page's address, such as a worker's name. */
export function useTextParam(name: string): string {
  const params: object = useParams({ strict: false });
  const value: unknown = Reflect.get(params, name);
  if (typeof value !== "string") throw notFound();
  return value;
}
