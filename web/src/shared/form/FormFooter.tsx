import { Alert, Button, Group, Stack } from "@mantine/core";
import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { FieldValues, UseFormReturn } from "react-hook-form";
import { useTranslation } from "react-i18next";

interface FormProblemProps<In extends FieldValues, Out> {
  form: UseFormReturn<In, unknown, Out>;
}

/** What the server refused that belongs to no field. */
export function FormProblem<In extends FieldValues, Out>({ form }: FormProblemProps<In, Out>) {
  const message = form.formState.errors.root?.server?.message;
  if (message === undefined) return null;
  return (
    <Alert color="brick" icon={<CircleAlert size={18} aria-hidden />} role="alert">
      {message}
    </Alert>
  );
}

interface FormFooterProps<In extends FieldValues, Out> {
  form: UseFormReturn<In, unknown, Out>;
  submit: string;
  pending: boolean;
  onCancel?: () => void;
  /** Beside the buttons, on the left. */
  children?: ReactNode;
}

export function FormFooter<In extends FieldValues, Out>({
  form,
  submit,
  pending,
  onCancel,
  children,
}: FormFooterProps<In, Out>) {
  const { t } = useTranslation();
  return (
    <Stack gap="md" mt="lg">
      <FormProblem form={form} />
      <Group justify="flex-end" gap="sm">
        {children && <Group mr="auto">{children}</Group>}
        {onCancel && (
          <Button variant="default" onClick={onCancel}>
            {t("common.cancel")}
          </Button>
        )}
        <Button type="submit" loading={pending}>
          {submit}
        </Button>
      </Group>
    </Stack>
  );
}
