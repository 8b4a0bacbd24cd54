// What every page begins with.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Link from "@cloudscape-design/components/link";
import Header, { type HeaderProps } from "@cloudscape-design/components/header";
import Spinner from "@cloudscape-design/components/spinner";
import { useEffect, type ReactNode } from "react";
import { unreachable } from "../aws/api";
import { errorText } from "./notices";

export function Page({ title, children, ...header }: { title: string; children: ReactNode } & Omit<HeaderProps, "children" | "variant">) {
  useEffect(() => void (document.title = `${title} | Gantry`), [title]);
  return <ContentLayout header={<Header variant="h1" {...header}>{title}</Header>}>{children}</ContentLayout>;
}

export const Waiting = ({ text = "Loading" }: { text?: string }) => <Box textAlign="center" padding="xxl" color="text-status-inactive"><Spinner /> {text}</Box>;

export function Failure({ error, what }: { error: unknown; what: string }) {
  const name = (error as Error).name ?? "";
  const denied = /AccessDenied|NotAuthorized|Authorization/.test(name), gone = /DoesNotExist|NotFound|NonExistent|ResourceNotFound/.test(name), lost = unreachable(error), unknown = /UnrecognizedClient|MissingAuthentication|InvalidSignature|InvalidClientTokenId/.test(name);
  return (
    <Alert type="error" header={what}>
      {errorText(error)}
      {denied && <div>The decision is under <Link href="#/decisions">Access decisions</Link>, with the policy that is missing.</div>}
      {lost && <div>This page asks again by itself.</div>}
      {gone && <div>It may have been deleted, or its time of keeping is over. What there is now is in the lists at the left.</div>}
      {unknown && <div>This server wants credentials that it knows: sign in by the menu at the top right.</div>}
    </Alert>
  );
}

/** A list of nothing says what to do next. */
export const Nothing = ({ title, text, action }: { title: string; text: string; action?: ReactNode }) => (
  <Box textAlign="center" padding={{ vertical: "l" }}>
    <Box variant="strong">{title}</Box>
    <Box variant="p" color="text-body-secondary" padding={{ bottom: "s" }}>{text}</Box>
    {action}
  </Box>
);
