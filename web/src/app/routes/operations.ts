import type { AnyRoute } from "@tanstack/react-router";
import { page } from "./page";

/** What is protected, where it lies, what ran, and bringing it back. */
export function operationsRoutes(shell: AnyRoute): AnyRoute[] {
  return [
    page(shell, { path: "/", permission: "read" }, () => import("@/features/dashboard/DashboardPage"), "DashboardPage"),
    page(
      shell,
      { path: "first-steps", permission: "managePlans" },
      () => import("@/features/first-steps/FirstStepsPage"),
      "FirstStepsPage",
    ),
    page(shell, { path: "servers", permission: "read" }, () => import("@/features/servers/ServersPage"), "ServersPage"),
    page(
      shell,
      { path: "servers/$serverId", permission: "read" },
      () => import("@/features/servers/ServerPage"),
      "ServerPage",
    ),
    page(shell, { path: "pools", permission: "read" }, () => import("@/features/pools/PoolsPage"), "PoolsPage"),
    page(shell, { path: "pools/$poolId", permission: "read" }, () => import("@/features/pools/PoolPage"), "PoolPage"),
    page(
      shell,
      { path: "repositories", permission: "read" },
      () => import("@/features/repositories/RepositoriesPage"),
      "RepositoriesPage",
    ),
    page(
      shell,
      { path: "repositories/$repositoryId", permission: "read" },
      () => import("@/features/repositories/RepositoryPage"),
      "RepositoryPage",
    ),
    page(shell, { path: "plans", permission: "read" }, () => import("@/features/plans/PlansPage"), "PlansPage"),
    page(
      shell,
      { path: "plans/new", permission: "managePlans" },
      () => import("@/features/plans/PlanEditorPages"),
      "NewPlanPage",
    ),
    page(shell, { path: "plans/$planId", permission: "read" }, () => import("@/features/plans/PlanPage"), "PlanPage"),
    page(
      shell,
      { path: "plans/$planId/edit", permission: "managePlans" },
      () => import("@/features/plans/PlanEditorPages"),
      "EditPlanPage",
    ),
    page(shell, { path: "runs", permission: "read" }, () => import("@/features/runs/RunsPage"), "RunsPage"),
    page(shell, { path: "runs/$runId", permission: "read" }, () => import("@/features/runs/RunPage"), "RunPage"),
    page(shell, { path: "jobs", permission: "read" }, () => import("@/features/jobs/JobsPage"), "JobsPage"),
    page(shell, { path: "jobs/$jobId", permission: "read" }, () => import("@/features/jobs/JobPage"), "JobPage"),
    page(
      shell,
      { path: "snapshots", permission: "read" },
      () => import("@/features/snapshots/SnapshotsPage"),
      "SnapshotsPage",
    ),
    page(
      shell,
      { path: "snapshots/$snapshotId", permission: "read" },
      () => import("@/features/snapshots/SnapshotPage"),
      "SnapshotPage",
    ),
  ];
}
