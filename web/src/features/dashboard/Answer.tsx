import { Card } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Dashboard } from "@/api/types";
import { Facts } from "@/shared/Facts";
import { useFormat } from "@/shared/format";
import { PROTECTION_FACES, WORST_FIRST } from "@/shared/status";
import { Time } from "@/shared/Time";
import classes from "./Answer.module.css";

/** One answer first: are we protected? */
export function Answer({ dashboard }: { dashboard: Dashboard }) {
  const { t } = useTranslation();
  const { bytes, number } = useFormat();
  const worst = dashboard.protection ?? "never";
  const face = PROTECTION_FACES[worst];
  const counted = WORST_FIRST.filter((state) => dashboard.counts[state] > 0);
  return (
    <Card className={classes.answer} data-tone={face.tone} padding="xl">
      <div className={classes.main}>
        <span className={classes.mark}>
          <face.icon size={40} strokeWidth={1.75} aria-hidden />
        </span>
        <div className={classes.words}>
          <p className={classes.question}>{t("dashboard.question")}</p>
          <p className={classes.sentence}>{t(`dashboard.answer.${worst}`, { count: dashboard.counts[worst] })}</p>
          <ul className={classes.counts} aria-label={t("dashboard.counts")}>
            {counted.map((state) => {
              const { icon: Icon, tone } = PROTECTION_FACES[state];
              return (
                <li key={state} data-tone={tone}>
                  <Icon size={14} aria-hidden /> {number(dashboard.counts[state])} {t(`protection.${state}`)}
                </li>
              );
            })}
          </ul>
        </div>
      </div>
      <div className={classes.facts}>
        <Facts
          columns={5}
          facts={[
            {
              label: t("dashboard.lastSuccess"),
              value: <Time at={dashboard.lastSuccessAt} missing={t("common.never")} />,
            },
            {
              label: t("dashboard.nextRun"),
              value: <Time at={dashboard.nextRunAt} missing={t("dashboard.noneScheduled")} />,
            },
            {
              label: t("dashboard.oldestVerification"),
              value: <Time at={dashboard.oldestVerificationAt} missing={t("dashboard.neverVerified")} />,
            },
            { label: t("dashboard.recoveryPoints"), value: number(dashboard.snapshotCount) },
            {
              label: t("dashboard.protectedData"),
              value: bytes(dashboard.protectedBytes),
              note: t("dashboard.storedAs", { size: bytes(dashboard.storedBytes) }),
            },
          ]}
        />
      </div>
    </Card>
  );
}
