// Interim: what the server's data types say, until the file generated from its OpenAPI document takes this place.

type ListQuery = { limit?: number; cursor?: string; sort?: string; q?: string; [filter: string]: string | number | undefined };

interface PageOf<T> {
    items: T[];
    nextCursor?: string | null;
    total: number;
}

type Operation<Query, Path, Body, Answer> = Answers<Query, Path, Answer> & ([Body] extends [never] ? { requestBody?: never } : { requestBody: { content: { "application/json": Body } } });

interface Answers<Query, Path, Answer> {
    parameters: {
        query?: Query;
        header?: { "If-Match"?: string };
        cookie?: never;
    } & ([Path] extends [never] ? { path?: never } : { path: Path });
    responses: {
        200: { headers: { [name: string]: unknown }; content: { "application/json": Answer } };
        default: { headers: { [name: string]: unknown }; content: { "application/json": components["schemas"]["ErrorBody"] } };
    };
}

export interface paths {
    "/api/setup": {
        get: Operation<never, never, never, components["schemas"]["SetupState"]>;
        post: Operation<never, never, components["schemas"]["SetupRequest"], components["schemas"]["User"]>;
    };
    "/api/auth/login": {
        post: Operation<never, never, components["schemas"]["LoginRequest"], components["schemas"]["User"]>;
    };
    "/api/auth/logout": {
        post: Operation<never, never, never, void>;
    };
    "/api/auth/me": {
        get: Operation<never, never, never, components["schemas"]["Me"]>;
        patch: Operation<never, never, components["schemas"]["MeUpdate"], components["schemas"]["User"]>;
    };
    "/api/auth/password": {
        post: Operation<never, never, components["schemas"]["PasswordChange"], void>;
    };
    "/api/auth/sessions": {
        get: Operation<never, never, never, components["schemas"]["Session"][]>;
    };
    "/api/auth/sessions/{id}": {
        delete: Operation<never, { id: number }, never, void>;
    };
    "/api/auth/totp": {
        post: Operation<never, never, never, components["schemas"]["TotpStart"]>;
        delete: Operation<never, never, components["schemas"]["TotpRemove"], void>;
    };
    "/api/auth/totp/confirm": {
        post: Operation<never, never, components["schemas"]["TotpConfirm"], components["schemas"]["RecoveryCodes"]>;
    };
    "/api/users": {
        get: Operation<ListQuery, never, never, PageOf<components["schemas"]["User"]>>;
        post: Operation<never, never, components["schemas"]["UserCreate"], components["schemas"]["User"]>;
    };
    "/api/users/{id}": {
        patch: Operation<never, { id: number }, components["schemas"]["UserUpdate"], components["schemas"]["User"]>;
        delete: Operation<never, { id: number }, never, void>;
    };
    "/api/tokens": {
        get: Operation<never, never, never, components["schemas"]["ApiToken"][]>;
        post: Operation<never, never, components["schemas"]["ApiTokenCreate"], components["schemas"]["ApiTokenCreated"]>;
    };
    "/api/tokens/{id}": {
        delete: Operation<never, { id: number }, never, void>;
    };
    "/api/audit": {
        get: Operation<ListQuery, never, never, PageOf<components["schemas"]["AuditEntry"]>>;
    };
    "/api/settings": {
        get: Operation<never, never, never, components["schemas"]["Settings"]>;
        put: Operation<never, never, components["schemas"]["Settings"], components["schemas"]["Settings"]>;
    };
    "/api/settings/mail-test": {
        post: Operation<never, never, components["schemas"]["MailTest"], void>;
    };
    "/api/system": {
        get: Operation<never, never, never, components["schemas"]["SystemInfo"]>;
    };
    "/api/dashboard": {
        get: Operation<never, never, never, components["schemas"]["Dashboard"]>;
    };
    "/api/servers": {
        get: Operation<ListQuery, never, never, PageOf<components["schemas"]["Server"]>>;
    };
    "/api/servers/{id}": {
        get: Operation<never, { id: number }, never, components["schemas"]["Server"]>;
    };
    "/api/servers/{id}/explorer": {
        get: Operation<ListQuery & { path?: string }, { id: number }, never, PageOf<components["schemas"]["ExplorerEntry"]>>;
    };
    "/api/pools": {
        get: Operation<ListQuery, never, never, PageOf<components["schemas"]["Pool"]>>;
        post: Operation<never, never, components["schemas"]["PoolCreate"], components["schemas"]["Pool"]>;
    };
    "/api/pools/test": {
        post: Operation<never, never, components["schemas"]["PoolTestRequest"], components["schemas"]["PoolTest"]>;
    };
    "/api/pools/{id}": {
        get: Operation<never, { id: number }, never, components["schemas"]["Pool"]>;
        patch: Operation<never, { id: number }, components["schemas"]["PoolUpdate"], components["schemas"]["Pool"]>;
        delete: Operation<never, { id: number }, never, void>;
    };
    "/api/pools/{id}/analyse": {
        post: Operation<never, { id: number }, never, components["schemas"]["Accepted"]>;
    };
    "/api/pools/{id}/history": {
        get: Operation<never, { id: number }, never, components["schemas"]["PoolSample"][]>;
    };
    "/api/repositories": {
        get: Operation<ListQuery, never, never, PageOf<components["schemas"]["Repository"]>>;
        post: Operation<never, never, components["schemas"]["RepositoryCreate"], components["schemas"]["Repository"]>;
    };
    "/api/repositories/{id}": {
        get: Operation<never, { id: number }, never, components["schemas"]["Repository"]>;
        patch: Operation<never, { id: number }, components["schemas"]["RepositoryUpdate"], components["schemas"]["Repository"]>;
        delete: Operation<never, { id: number }, never, void>;
    };
    "/api/repositories/{id}/recovery-kit": {
        post: Operation<never, { id: number }, never, components["schemas"]["RecoveryKit"]>;
    };
    "/api/repositories/{id}/recovery-kit/confirm": {
        post: Operation<never, { id: number }, components["schemas"]["RecoveryKitConfirm"], components["schemas"]["Repository"]>;
    };
    "/api/repositories/{id}/check": {
        post: Operation<never, { id: number }, components["schemas"]["CheckRequest"], components["schemas"]["Accepted"]>;
    };
    "/api/repositories/{id}/prune": {
        post: Operation<never, { id: number }, never, components["schemas"]["Accepted"]>;
    };
    "/api/repositories/{id}/refresh": {
        post: Operation<never, { id: number }, never, components["schemas"]["Accepted"]>;
    };
    "/api/repositories/{id}/unlock": {
        post: Operation<never, { id: number }, never, components["schemas"]["Unlocked"]>;
    };
    "/api/repositories/{id}/clients": {
        get: Operation<never, { id: number }, never, components["schemas"]["RestClient"][]>;
        post: Operation<never, { id: number }, components["schemas"]["RestClientCreate"], components["schemas"]["RestClientCreated"]>;
    };
    "/api/repositories/{id}/clients/{clientId}": {
        delete: Operation<never, { id: number; clientId: number }, never, void>;
    };
    "/api/plans": {
        get: Operation<ListQuery, never, never, PageOf<components["schemas"]["Plan"]>>;
        post: Operation<never, never, components["schemas"]["PlanWrite"], components["schemas"]["Plan"]>;
    };
    "/api/plans/preview-schedule": {
        post: Operation<never, never, components["schemas"]["SchedulePreviewRequest"], components["schemas"]["SchedulePreview"]>;
    };
    "/api/plans/{id}": {
        get: Operation<never, { id: number }, never, components["schemas"]["Plan"]>;
        put: Operation<never, { id: number }, components["schemas"]["PlanWrite"], components["schemas"]["Plan"]>;
        delete: Operation<never, { id: number }, never, void>;
    };
    "/api/plans/{id}/execute": {
        post: Operation<never, { id: number }, never, components["schemas"]["Accepted"]>;
    };
    "/api/runs": {
        get: Operation<ListQuery, never, never, PageOf<components["schemas"]["RunSummary"]>>;
    };
    "/api/runs/{id}": {
        get: Operation<never, { id: number }, never, components["schemas"]["Run"]>;
    };
    "/api/runs/{id}/cancel": {
        post: Operation<never, { id: number }, never, components["schemas"]["Accepted"]>;
    };
    "/api/runs/{id}/retry": {
        post: Operation<never, { id: number }, never, components["schemas"]["Accepted"]>;
    };
    "/api/runs/{id}/problems": {
        get: Operation<ListQuery, { id: number }, never, PageOf<components["schemas"]["RunProblem"]>>;
    };
    "/api/runs/{id}/log": {
        get: Operation<ListQuery, { id: number }, never, PageOf<components["schemas"]["LogLine"]>>;
    };
    "/api/jobs": {
        get: Operation<ListQuery, never, never, PageOf<components["schemas"]["Job"]>>;
    };
    "/api/jobs/{id}": {
        get: Operation<never, { id: number }, never, components["schemas"]["Job"]>;
    };
    "/api/jobs/{id}/cancel": {
        post: Operation<never, { id: number }, never, components["schemas"]["Accepted"]>;
    };
    "/api/jobs/{id}/log": {
        get: Operation<ListQuery, { id: number }, never, PageOf<components["schemas"]["LogLine"]>>;
    };
    "/api/snapshots": {
        get: Operation<ListQuery, never, never, PageOf<components["schemas"]["Snapshot"]>>;
    };
    "/api/snapshots/{id}": {
        get: Operation<never, { id: number }, never, components["schemas"]["Snapshot"]>;
        delete: Operation<never, { id: number }, never, components["schemas"]["Accepted"]>;
    };
    "/api/snapshots/{id}/files": {
        get: Operation<ListQuery & { path?: string }, { id: number }, never, PageOf<components["schemas"]["SnapshotEntry"]>>;
    };
    "/api/snapshots/{id}/find": {
        get: Operation<ListQuery, { id: number }, never, PageOf<components["schemas"]["SnapshotEntry"]>>;
    };
    "/api/snapshots/{id}/restore": {
        post: Operation<never, { id: number }, components["schemas"]["RestoreRequest"], components["schemas"]["Accepted"]>;
    };
    "/api/workers": {
        get: Operation<never, never, never, PageOf<components["schemas"]["Worker"]>>;
    };
    "/api/workers/{name}/start": {
        post: Operation<never, { name: string }, never, components["schemas"]["Worker"]>;
    };
    "/api/workers/{name}/stop": {
        post: Operation<never, { name: string }, components["schemas"]["WorkerStop"], components["schemas"]["Worker"]>;
    };
    "/api/workers/{name}/restart": {
        post: Operation<never, { name: string }, never, components["schemas"]["Worker"]>;
    };
    "/api/workers/{name}/logs": {
        get: Operation<ListQuery, { name: string }, never, PageOf<components["schemas"]["LogLine"]>>;
    };
}

export interface components {
    schemas: {
        RoleName: "administrator" | "operator" | "restorer" | "viewer";
        Language: "fr" | "en";
        Theme: "auto" | "light" | "dark";
        SetupState: {
            needed: boolean;
            applicationName: string;
            version: string;
        };
        SetupRequest: {
            token: string;
            name: string;
            password: string;
            language?: components["schemas"]["Language"] | null;
        };
        LoginRequest: {
            name: string;
            password: string;
            totp?: string | null;
        };
        Me: {
            user: components["schemas"]["User"];
            permissions: string[];
            csrfToken: string;
        };
        MeUpdate: {
            language?: components["schemas"]["Language"] | null;
            theme?: components["schemas"]["Theme"] | null;
            email?: string | null;
        };
        PasswordChange: {
            current: string;
            new: string;
        };
        Session: {
            id: number;
            createdAt: string;
            lastSeenAt: string;
            expiresAt: string;
            address: string;
            userAgent: string;
            current: boolean;
        };
        TotpStart: {
            secret: string;
            otpauthUrl: string;
            qrSvg: string;
        };
        TotpConfirm: {
            code: string;
        };
        TotpRemove: {
            password: string;
        };
        RecoveryCodes: {
            codes: string[];
        };
        User: {
            id: number;
            name: string;
            email?: string | null;
            role: components["schemas"]["RoleName"];
            language?: components["schemas"]["Language"] | null;
            theme: components["schemas"]["Theme"];
            totpEnabled: boolean;
            disabled: boolean;
            createdAt: string;
            lastLoginAt?: string | null;
            version: number;
        };
        UserCreate: {
            name: string;
            email?: string | null;
            role: components["schemas"]["RoleName"];
            password: string;
        };
        UserUpdate: {
            email?: string | null;
            role?: components["schemas"]["RoleName"] | null;
            disabled?: boolean | null;
            password?: string | null;
        };
        ApiToken: {
            id: number;
            name: string;
            scopes: string[];
            owner: string;
            createdAt: string;
            expiresAt?: string | null;
            lastUsedAt?: string | null;
        };
        ApiTokenCreate: {
            name: string;
            scopes: string[];
            expiresAt?: string | null;
        };
        ApiTokenCreated: {
            token: components["schemas"]["ApiToken"];
            secret: string;
        };
        AuditEntry: {
            id: number;
            at: string;
            actor: string;
            address?: string | null;
            action: string;
            objectKind?: string | null;
            objectId?: number | null;
            objectName?: string | null;
            succeeded: boolean;
            detail?: string | null;
        };
        Settings: {
            applicationName: string;
            defaultLanguage?: components["schemas"]["Language"] | null;
            defaultTheme: components["schemas"]["Theme"];
            mail: components["schemas"]["MailSettings"];
            logRetentionDays: number;
            version: number;
        };
        MailSecurity: "none" | "startTls" | "tls";
        MailSettings: {
            enabled: boolean;
            host: string;
            port: number;
            security: components["schemas"]["MailSecurity"];
            username?: string | null;
            password?: string | null;
            passwordSet: boolean;
            from: string;
            to: string[];
        };
        MailTest: {
            to: string;
        };
        SystemInfo: {
            version: string;
            startedAt: string;
            address: string;
            hostName: string;
            catalog: string;
            schedulerEnabled: boolean;
            timeZone: string;
            maxConcurrentGlobal: number;
            maxConcurrentPerServer: number;
            residentBytes: number;
        };
        Dashboard: {
            protection?: components["schemas"]["Protection"] | null;
            counts: components["schemas"]["ProtectionCounts"];
            lastSuccessAt?: string | null;
            nextRunAt?: string | null;
            oldestVerificationAt?: string | null;
            plans: components["schemas"]["Plan"][];
            running: components["schemas"]["RunSummary"][];
            recent: components["schemas"]["RunSummary"][];
            storage: components["schemas"]["StorageUse"][];
            alerts: components["schemas"]["Alert"][];
            snapshotCount: number;
            storedBytes: number;
            protectedBytes: number;
        };
        ProtectionCounts: {
            protected: number;
            warning: number;
            failed: number;
            overdue: number;
            never: number;
            paused: number;
        };
        StorageUse: {
            poolId: number;
            poolName: string;
            usedBytes: number;
            capacityBytes?: number | null;
            freeBytes?: number | null;
            history: components["schemas"]["StoragePoint"][];
        };
        StoragePoint: {
            at: string;
            usedBytes: number;
        };
        Severity: "info" | "warning" | "critical";
        Alert: {
            severity: components["schemas"]["Severity"];
            code: string;
            message: string;
            link?: string | null;
        };
        Connection: "online" | "offline" | "neverSeen";
        Server: {
            id: number;
            name: string;
            local: boolean;
            address?: string | null;
            connection: components["schemas"]["Connection"];
            lastSeenAt?: string | null;
            os?: string | null;
            hostName?: string | null;
            labels: string[];
            planCount: number;
            version: number;
        };
        ServerCreate: {
            name: string;
            address: string;
        };
        FileKind: "file" | "dir" | "symlink" | "other";
        ExplorerEntry: {
            name: string;
            path: string;
            kind: components["schemas"]["FileKind"];
            sizeBytes?: number | null;
            modifiedAt?: string | null;
            readable: boolean;
        };
        PoolKind: "local" | "s3" | "gcs" | "azure" | "sftp";
        PoolPlace: { kind: "local"; path: string } | { kind: "s3"; endpoint?: string | null; region?: string | null; bucket: string; prefix: string; accessKeyId?: string | null; secretAccessKey?: string | null } | { kind: "gcs"; bucket: string; prefix: string; serviceAccountKey?: string | null; endpoint?: string | null } | { kind: "azure"; account: string; container: string; prefix: string; accountKey?: string | null; endpoint?: string | null } | { kind: "sftp"; host: string; port: number; user: string; path: string; password?: string | null; privateKey?: string | null; hostKeyFingerprint?: string | null };
        PoolState: "unknown" | "reachable" | "readOnly" | "unreachable";
        Pool: {
            id: number;
            name: string;
            kind: components["schemas"]["PoolKind"];
            place: components["schemas"]["PoolPlace"];
            location: string;
            state: components["schemas"]["PoolState"];
            stateMessage?: string | null;
            capacityBytes?: number | null;
            freeBytes?: number | null;
            usedBytes: number;
            repositoryCount: number;
            analysedAt?: string | null;
            version: number;
        };
        PoolCreate: {
            name: string;
            place: components["schemas"]["PoolPlace"];
        };
        PoolUpdate: {
            name?: string | null;
            place?: components["schemas"]["PoolPlace"] | null;
        };
        PoolTestRequest: {
            place: components["schemas"]["PoolPlace"];
            poolId?: number | null;
        };
        PoolTest: {
            ok: boolean;
            steps: components["schemas"]["PoolTestStep"][];
            hostKeyFingerprint?: string | null;
        };
        PoolTestStep: {
            step: string;
            ok: boolean;
            durationMs: number;
            message?: string | null;
            hint?: string | null;
        };
        PoolSample: {
            at: string;
            usedBytes: number;
            capacityBytes?: number | null;
            freeBytes?: number | null;
        };
        Repository: {
            id: number;
            name: string;
            poolId: number;
            poolName: string;
            serverId?: number | null;
            serverName?: string | null;
            path: string;
            location: string;
            repositoryUuid?: string | null;
            storedBytes: number;
            snapshotCount: number;
            checkedAt?: string | null;
            checkOk?: boolean | null;
            checkMessage?: string | null;
            recoveryKitConfirmed: boolean;
            createdAt: string;
            version: number;
        };
        RepositoryCreate: {
            name: string;
            poolId: number;
            serverId: number;
            adoptPassword?: string | null;
        };
        RepositoryUpdate: {
            name?: string | null;
        };
        Unlocked: {
            removed: number;
            left: number;
        };
        RecoveryKit: {
            repository: string;
            location: string;
            password: string;
            confirmationCode: string;
            text: string;
        };
        RecoveryKitConfirm: {
            confirmationCode: string;
        };
        CheckRequest: {
            readData: boolean;
        };
        ClientMode: "appendOnly" | "full";
        RestClient: {
            id: number;
            repositoryId: number;
            username: string;
            mode: components["schemas"]["ClientMode"];
            quotaBytes?: number | null;
            createdAt: string;
            lastUsedAt?: string | null;
        };
        RestClientCreate: {
            username: string;
            mode: components["schemas"]["ClientMode"];
            quotaBytes?: number | null;
        };
        RestClientCreated: {
            client: components["schemas"]["RestClient"];
            password: string;
            repositoryUrl: string;
        };
        WorkerState: "starting" | "idle" | "busy" | "stopping" | "stopped" | "lost";
        Worker: {
            name: string;
            state: components["schemas"]["WorkerState"];
            embedded: boolean;
            hostName: string;
            pid: number;
            startedAt: string;
            uptimeSeconds: number;
            residentBytes: number;
            cpuPercent: number;
            currentJobId?: number | null;
            jobsDone: number;
        };
        WorkerStop: {
            now: boolean;
        };
        Sources: {
            folders: string[];
            excludes: string[];
            excludeCaches: boolean;
            oneFileSystem: boolean;
            excludeLargerThanBytes?: number | null;
        };
        Missed: "catchUp" | "report";
        Schedule: {
            cron: string;
            timeZone: string;
            missed: components["schemas"]["Missed"];
        };
        Retention: {
            last: number;
            hourly: number;
            daily: number;
            weekly: number;
            monthly: number;
            quarterly: number;
            yearly: number;
            within?: string | null;
        };
        CompressionLevel: "auto" | "off" | "fast" | "max";
        Protection: "protected" | "warning" | "failed" | "overdue" | "never" | "paused";
        PlanWrite: {
            name: string;
            serverId: number;
            repositoryId: number;
            enabled: boolean;
            sources: components["schemas"]["Sources"];
            schedule?: components["schemas"]["Schedule"] | null;
            retention?: components["schemas"]["Retention"] | null;
            compression: components["schemas"]["CompressionLevel"];
            tags: string[];
            priority: number;
            maxRetries: number;
            verifyAfterRun: boolean;
        };
        Plan: components["schemas"]["PlanWrite"] & {
            id: number;
            serverName: string;
            repositoryName: string;
            protection: components["schemas"]["Protection"];
            lastRun?: components["schemas"]["RunSummary"] | null;
            lastSuccessAt?: string | null;
            nextRunAt?: string | null;
            strip: components["schemas"]["StripDay"][];
            createdAt: string;
            version: number;
        };
        StripDay: {
            date: string;
            state?: components["schemas"]["RunState"] | null;
            runs: number;
        };
        SchedulePreviewRequest: {
            cron: string;
            timeZone: string;
            count: number;
        };
        SchedulePreview: {
            runs: string[];
        };
        RunState: "queued" | "running" | "succeeded" | "warning" | "failed" | "canceled" | "missed";
        RunOrigin: "schedule" | "user" | "api" | "retry";
        RunCounters: {
            filesTotal: number;
            filesDone: number;
            filesNew: number;
            filesChanged: number;
            filesUnmodified: number;
            dirsNew: number;
            dirsChanged: number;
            dirsUnmodified: number;
            bytesTotal: number;
            bytesDone: number;
            addedBytes: number;
            storedBytes: number;
            problemCount: number;
        };
        RunSummary: {
            id: number;
            planId?: number | null;
            planName: string;
            serverId: number;
            serverName: string;
            repositoryId?: number | null;
            state: components["schemas"]["RunState"];
            origin: components["schemas"]["RunOrigin"];
            jobId?: number | null;
            fireAt?: string | null;
            queuedAt: string;
            startedAt?: string | null;
            endedAt?: string | null;
            counters: components["schemas"]["RunCounters"];
            rateBytesPerSecond: number;
            message?: string | null;
            hint?: string | null;
        };
        Run: components["schemas"]["RunSummary"] & {
            snapshotId?: number | null;
            currentFiles: string[];
            etaSeconds?: number | null;
            attempt: number;
        };
        RunProblem: {
            path: string;
            kind: string;
            message: string;
        };
        JobState: "queued" | "leased" | "running" | "succeeded" | "warning" | "failed" | "canceled";
        JobKind: "backup" | "restore" | "check" | "verify" | "forget" | "prune" | "snapshotDelete" | "repositoryRefresh" | "poolAnalysis";
        Job: {
            id: number;
            kind: components["schemas"]["JobKind"];
            state: components["schemas"]["JobState"];
            title: string;
            runId?: number | null;
            serverId?: number | null;
            repositoryId?: number | null;
            poolId?: number | null;
            worker?: string | null;
            priority: number;
            attempt: number;
            maxAttempts: number;
            waitsFor?: string | null;
            queuedAt: string;
            startedAt?: string | null;
            endedAt?: string | null;
            cancelRequested: boolean;
            progress?: components["schemas"]["JobProgress"] | null;
            result?: unknown | null;
            message?: string | null;
            hint?: string | null;
        };
        JobProgress: {
            step: string;
            counters: components["schemas"]["RunCounters"];
            rateBytesPerSecond: number;
            etaSeconds?: number | null;
            currentFiles: string[];
        };
        LogLevel: "debug" | "info" | "warning" | "error";
        LogLine: {
            seq: number;
            at: string;
            level: components["schemas"]["LogLevel"];
            text: string;
        };
        Snapshot: {
            id: number;
            snapshotHash: string;
            shortHash: string;
            repositoryId: number;
            repositoryName: string;
            serverId?: number | null;
            serverName?: string | null;
            planId?: number | null;
            planName?: string | null;
            runId?: number | null;
            takenAt: string;
            hostName: string;
            paths: string[];
            tags: string[];
            program?: string | null;
            files?: number | null;
            sizeBytes?: number | null;
            addedBytes?: number | null;
            incomplete: boolean;
            verifiedAt?: string | null;
            damaged: boolean;
            vanished: boolean;
        };
        SnapshotEntry: {
            name: string;
            path: string;
            kind: components["schemas"]["FileKind"];
            sizeBytes?: number | null;
            modifiedAt?: string | null;
            mode: string;
            owner: string;
            group: string;
            linkTarget?: string | null;
        };
        Overwrite: "always" | "ifChanged" | "ifNewer" | "never";
        RestoreRequest: {
            paths: string[];
            target?: string | null;
            overwrite: components["schemas"]["Overwrite"];
            delete: boolean;
            dryRun: boolean;
            verify: boolean;
        };
        ErrorBody: {
            code: string;
            message: string;
            hint?: string | null;
            field?: string | null;
        };
        Accepted: {
            jobId: number;
            runId?: number | null;
        };
    };
}
