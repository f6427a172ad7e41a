import { useTranslation } from "react-i18next";
import type { HostStats } from "@/api/types";
import { useFormat } from "@/shared/format";
import { Gauge } from "./Gauge";

interface DiskGaugeProps {
  disk: HostStats["disks"][number];
  /** In percent. */
  threshold: number | null;
  /** When it will be full, where that can be told. */
  fullAt: string | null;
}

/** How full a file system is, as `df` counts: what is reserved for root is neither used nor free. */
export function DiskGauge({ disk, threshold, fullAt }: DiskGaugeProps) {
  const { t } = useTranslation();
  const { bytes, date } = useFormat();
  const { space } = disk;
  const used = space ? space.totalBytes - space.freeBytes : 0;
  const size = space ? used + space.availableBytes : 0;
  const kind = [disk.fileSystem, disk.readOnly && t("machine.readOnly")].filter(Boolean).join(", ");
  return (
    <Gauge
      label={disk.mountPoint}
      share={size === 0 ? null : used / size}
      threshold={threshold}
      note={
        <>
          {size === 0 ? t("machine.unknownSize") : t("machine.of", { used: bytes(used), total: bytes(size) })} · {kind}
          {fullAt && <div>{t("machine.fullAt", { date: date(fullAt) })}</div>}
        </>
      }
    />
  );
}
