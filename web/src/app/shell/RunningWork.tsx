import { Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Activity } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import styles from "./Shell.module.css";

/** How much work goes on right now; leads to it. Kept fresh by the events of the topic `jobs`. */
export function RunningWork() {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ["jobs", "running-count"],
    queryFn: () => ask(api.GET("/api/jobs", { params: { query: { state: "running", limit: 1 } } })),
  });
  const count = data?.total ?? 0;
  const label = count === 0 ? t("shell.idle") : t("shell.running", { count });
  return (
    <Tooltip label={label}>
      <Link to="/runs" className={styles.work} data-busy={count > 0 || undefined} aria-label={label}>
        <Activity size={18} aria-hidden />
        {count > 0 && <span className={styles.workCount}>{count}</span>}
      </Link>
    </Tooltip>
  );
}
