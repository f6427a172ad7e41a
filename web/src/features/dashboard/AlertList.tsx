import { Button, Card, Title, VisuallyHidden } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Alert } from "@/api/types";
import { typeset } from "@/i18n/typeset";
import { useFormat } from "@/shared/format";
import { SEVERITY_FACES } from "@/shared/status";
import classes from "./AlertList.module.css";

/** The rest is one press away: a glance has room for no more. */
const GLANCE = 5;

/** What asks for a person, the worst first; each leads where it is mended. */
export function AlertList({ alerts }: { alerts: Alert[] }) {
  const { t } = useTranslation();
  const { number } = useFormat();
  const [all, setAll] = useState(false);
  const shown = all ? alerts : alerts.slice(0, GLANCE);
  const beyond = alerts.length - shown.length;
  return (
    <Card padding={0} component="section" aria-labelledby="alerts">
      <VisuallyHidden>
        <Title order={2} id="alerts">
          {t("dashboard.alerts")}
        </Title>
      </VisuallyHidden>
      <ul className={classes.list}>
        {shown.map((alert) => {
          const face = SEVERITY_FACES[alert.severity];
          const body = (
            <>
              <face.icon size={18} aria-hidden className={classes.icon} />
              <VisuallyHidden>{t(`dashboard.severity.${alert.severity}`)}</VisuallyHidden>
              <span className={classes.text}>{typeset(alert.message)}</span>
            </>
          );
          return (
            <li
              key={`${alert.code} ${alert.link ?? ""} ${alert.message}`}
              data-tone={face.tone}
              className={classes.alert}
            >
              {alert.link ? (
                <Link to={alert.link} className={classes.row}>
                  {body}
                  <ChevronRight size={16} aria-hidden className={classes.chevron} />
                </Link>
              ) : (
                <span className={classes.row}>{body}</span>
              )}
            </li>
          );
        })}
      </ul>
      {beyond > 0 && (
        <Button variant="subtle" size="compact-sm" m="xs" onClick={() => setAll(true)}>
          {t("dashboard.moreAlerts", { count: beyond, formatted: number(beyond) })}
        </Button>
      )}
    </Card>
  );
}
