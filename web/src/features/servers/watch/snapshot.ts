import { useTranslation } from "react-i18next";
import type { SnapshotAbility } from "@/api/types";
import { useFormat } from "@/shared/format";

/** Whether an atomic snapshot can be made of a folder, and how large it should be: in a sentence. */
export function useSnapshotSentence(): (ability: SnapshotAbility) => string {
  const { t } = useTranslation();
  const { bytes, rate } = useFormat();
  return (ability) => {
    switch (ability.kind) {
      case "btrfs":
        return t("machine.snapshot.btrfs");
      case "lvm": {
        const sizes = t("machine.snapshot.lvm", {
          aggressive: bytes(ability.aggressiveBytes ?? 0),
          conservative: bytes(ability.conservativeBytes ?? 0),
          free: bytes(ability.freeBytes),
          group: ability.group,
        });
        const written = ability.writtenBytesPerSecond;
        return written == null ? sizes : `${sizes} ${t("machine.snapshot.written", { rate: rate(written) })}`;
      }
      case "lvmBlocked":
        return t(`machine.snapshot.blocked.${ability.reason}`, { group: ability.group });
      case "none":
        return t("machine.snapshot.none");
    }
  };
}
