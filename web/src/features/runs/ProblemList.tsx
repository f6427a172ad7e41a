import { Button, Card, Group, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { FileWarning } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { Refusal } from "@/features/Refusal";
import { useFormat } from "@/shared/format";
import classes from "./ProblemList.module.css";

const KINDS = [
  "unreadable",
  "vanished",
  "changed",
  "changedType",
  "attribute",
  "time",
  "unknownType",
  "excludeTag",
  "parentDamaged",
  "contentMissing",
] as const;

/** Every file that is not in the recovery point, or not as it was, by its name. */
export function ProblemList({ runId, count }: { runId: number; count: number }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const problems = useInfiniteQuery({
    queryKey: ["runs", runId, "problems"],
    queryFn: ({ pageParam }) =>
      ask(
        api.GET("/api/runs/{id}/problems", {
          params: { path: { id: runId }, query: { limit: 50, ...(pageParam && { cursor: pageParam }) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });
  const items = problems.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Card>
      <Group gap="sm" mb="sm">
        <FileWarning size={20} aria-hidden className={classes.mark} />
        <Title order={2}>{t("problems.title", { count, formatted: number(count) })}</Title>
      </Group>
      <Text size="sm" c="dimmed" mb="sm">
        {t("problems.why")}
      </Text>
      <Refusal error={problems.error} onRetry={() => void problems.refetch()} />
      <ul className={classes.list}>
        {items.map((problem, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a path may be named twice, and the list only grows
          <li key={`${problem.path}-${at}`} className={classes.item}>
            <Text size="sm" ff="monospace" className={classes.path}>
              {problem.path}
            </Text>
            <Text size="sm" c="dimmed">
              <b>
                {KINDS.some((kind) => kind === problem.kind)
                  ? t(`problems.kind.${problem.kind as (typeof KINDS)[number]}`)
                  : problem.kind}
              </b>
              {" · "}
              {problem.message}
            </Text>
          </li>
        ))}
      </ul>
      {problems.hasNextPage && (
        <Button
          variant="subtle"
          size="compact-sm"
          mt="sm"
          loading={problems.isFetchingNextPage}
          onClick={() => void problems.fetchNextPage()}
        >
          {t("list.more")}
        </Button>
      )}
    </Card>
  );
}
