import {
  Activity,
  Camera,
  Cog,
  Cpu,
  Database,
  HardDrive,
  Info,
  KeyRound,
  LayoutDashboard,
  ListChecks,
  type LucideIcon,
  ScrollText,
  Server,
  Users,
} from "lucide-react";
import type { Permission } from "./session";

interface NavigationEntry {
  to: string;
  /** Key below `nav`. */
  label:
    | "dashboard"
    | "servers"
    | "plans"
    | "runs"
    | "snapshots"
    | "pools"
    | "repositories"
    | "workers"
    | "users"
    | "tokens"
    | "audit"
    | "settings"
    | "system";
  icon: LucideIcon;
  /** Pages that mean nothing without it are not shown. */
  permission: Permission;
}

export interface NavigationGroup {
  label: "protection" | "storage" | "administration";
  entries: NavigationEntry[];
}

export const NAVIGATION: readonly NavigationGroup[] = [
  {
    label: "protection",
    entries: [
      { to: "/", label: "dashboard", icon: LayoutDashboard, permission: "read" },
      { to: "/plans", label: "plans", icon: ListChecks, permission: "read" },
      { to: "/runs", label: "runs", icon: Activity, permission: "read" },
      { to: "/snapshots", label: "snapshots", icon: Camera, permission: "read" },
      { to: "/servers", label: "servers", icon: Server, permission: "read" },
    ],
  },
  {
    label: "storage",
    entries: [
      { to: "/pools", label: "pools", icon: HardDrive, permission: "read" },
      { to: "/repositories", label: "repositories", icon: Database, permission: "read" },
    ],
  },
  {
    label: "administration",
    entries: [
      { to: "/workers", label: "workers", icon: Cpu, permission: "manageWorkers" },
      { to: "/users", label: "users", icon: Users, permission: "manageUsers" },
      { to: "/tokens", label: "tokens", icon: KeyRound, permission: "own" },
      { to: "/audit", label: "audit", icon: ScrollText, permission: "readAudit" },
      { to: "/settings", label: "settings", icon: Cog, permission: "manageSettings" },
      { to: "/system", label: "system", icon: Info, permission: "read" },
    ],
  },
];
