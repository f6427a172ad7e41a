import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { NAVIGATION } from "../navigation";
import { useMe } from "../session";
import styles from "./Shell.module.css";

export function Navigation() {
  const { t } = useTranslation();
  const { permissions } = useMe();
  const groups = NAVIGATION.map((group) => ({
    ...group,
    entries: group.entries.filter((entry) => permissions.includes(entry.permission)),
  })).filter((group) => group.entries.length > 0);
  return (
    <div className={styles.groups}>
      {groups.map((group) => (
        <div key={group.label}>
          <h2 className={styles.groupTitle} id={`nav-${group.label}`}>
            {t(`nav.${group.label}`)}
          </h2>
          <ul className={styles.entries} aria-labelledby={`nav-${group.label}`}>
            {group.entries.map(({ to, label, icon: Icon }) => (
              <li key={to}>
                <Link to={to} className={styles.entry} activeOptions={{ exact: to === "/", includeSearch: false }}>
                  <Icon size={18} strokeWidth={1.9} aria-hidden />
                  {t(`nav.${label}`)}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </div>
  );
}
