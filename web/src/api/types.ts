/** The server's data types under short names. Generated code is imported here and in `client.ts`, nowhere else. */
import type { components, operations } from "./schema";

type Schemas = components["schemas"];

export type RoleName = Schemas["RoleName"];
export type Language = Schemas["Language"];
export type Theme = Schemas["Theme"];
export type SetupState = Schemas["SetupState"];
export type Me = Schemas["Me"];
export type Session = Schemas["Session"];
export type TotpStart = Schemas["TotpStart"];
export type User = Schemas["User"];
export type ApiToken = Schemas["ApiToken"];
export type ApiTokenCreated = Schemas["ApiTokenCreated"];
export type AuditEntry = Schemas["AuditEntry"];
export type Settings = Schemas["Settings"];
export type MailSettings = Schemas["MailSettings"];
export type MailSecurity = Schemas["MailSecurity"];
export type SystemInfo = Schemas["SystemInfo"];
export type Worker = Schemas["Worker"];
export type WorkerState = Schemas["WorkerState"];

export type Dashboard = Schemas["Dashboard"];
export type ProtectionCounts = Schemas["ProtectionCounts"];
export type StorageUse = Schemas["StorageUse"];
export type StoragePoint = Schemas["StoragePoint"];
export type Severity = Schemas["Severity"];
export type Alert = Schemas["Alert"];

export type Connection = Schemas["Connection"];
export type Server = Schemas["Server"];
export type Agent = Schemas["Agent"];
export type AgentLimits = Schemas["AgentLimits"];
export type Enrolment = Schemas["Enrolment"];
export type HostKeyShown = Schemas["HostKeyShown"];
export type Reach = Schemas["Reach"];
export type SshLogin = Schemas["SshLogin"];
export type SshMethod = Schemas["SshMethod"];
export type ServerStats = Schemas["ServerStats"];
export type HostStats = Schemas["HostStats"];
export type HistoryRange = operations["servers.statsHistory"]["parameters"]["query"]["range"];
export type StatsHistory = Schemas["StatsHistory"];
export type Thresholds = Schemas["Thresholds"];
export type DefaultThresholds = Schemas["DefaultThresholds"];
export type ServerThresholds = Schemas["ServerThresholds"];
export type ServerAlert = Schemas["ServerAlert"];
export type HostCapabilities = Schemas["HostCapabilities"];
export type HostDatabase = Schemas["HostDatabase"];
export type AccessAttempt = Schemas["AccessAttempt"];
export type SnapshotAbility = Schemas["SnapshotAbility"];
export type HostDocker = Schemas["HostDocker"];
export type FileKind = Schemas["FileKind"];
export type ExplorerEntry = Schemas["ExplorerEntry"];
export type PoolKind = Schemas["PoolKind"];
export type PoolPlace = Schemas["PoolPlace"];
export type PoolState = Schemas["PoolState"];
export type Pool = Schemas["Pool"];
export type PoolTest = Schemas["PoolTest"];
export type PoolTestStep = Schemas["PoolTestStep"];
export type PoolSample = Schemas["PoolSample"];
export type Repository = Schemas["Repository"];
export type RecoveryKit = Schemas["RecoveryKit"];
export type ClientMode = Schemas["ClientMode"];
export type RestClient = Schemas["RestClient"];
export type RestClientCreated = Schemas["RestClientCreated"];

export type Sources = Schemas["Sources"];
export type Missed = Schemas["Missed"];
export type Schedule = Schemas["Schedule"];
export type Retention = Schemas["Retention"];
export type CompressionLevel = Schemas["Compression"];
export type Protection = Schemas["Protection"];
export type PlanWrite = Schemas["PlanWrite"];
export type Plan = Schemas["Plan"];
export type StripDay = Schemas["StripDay"];
export type SchedulePreview = Schemas["SchedulePreview"];

export type RunState = Schemas["RunState"];
export type RunOrigin = Schemas["RunOrigin"];
export type RunCounters = Schemas["RunCounters"];
export type RunSummary = Schemas["RunSummary"];
export type Run = Schemas["Run"];
export type RunProblem = Schemas["RunProblem"];
export type JobState = Schemas["JobState"];
export type JobKind = Schemas["JobKind"];
export type Job = Schemas["Job"];
export type JobProgress = Schemas["JobProgress"];
export type LogLevel = Schemas["LogLevel"];
export type LogLine = Schemas["LogLine"];

export type Snapshot = Schemas["Snapshot"];
export type SnapshotEntry = Schemas["SnapshotEntry"];
export type Overwrite = Schemas["Overwrite"];
export type RestoreRequest = Schemas["RestoreRequest"];

export type Accepted = Schemas["Accepted"];
export type ErrorBody = Schemas["ErrorBody"];

/** One page of a list, as every list route answers it. */
export interface Page<T> {
  items: T[];
  nextCursor?: string | null;
  total: number;
}
