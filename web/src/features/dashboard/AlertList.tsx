import { Card, Title, VisuallyHidden } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Alert } from "@/api/types";
import { SEVERITY_FACES } from "@/shared/status";
import classes from "./AlertList.module.css";

/** What asks for a person, the worst first; each leads where it is mended. */
export function AlertList({ alerts }: { alerts: Alert[] }) {
  const { t } = useTranslation();
  return (
    <Card padding={0} component="section" aria-labelledby="alerts">
      <VisuallyHidden>
        <Title order={2} id="alerts">
          {t("dashboard.alerts")}
        </Title>
      </VisuallyHidden>
      <ul className={classes.list}>
        {alerts.map((alert) => {
          const face = SEVERITY_FACES[alert.severity];
          const body = (
            <>
              <face.icon size={18} aria-hidden className={classes.icon} />
              <VisuallyHidden>{t(`dashboard.severity.${alert.severity}`)}</VisuallyHidden>
              <span className={classes.text}>{alert.message}</span>
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
    </Card>
  );
}
