// Credentials and region, for this tab alone.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { queryClient, useServer } from "../aws/queries";
import { session, setSession } from "../aws/session";

export default function SignIn({ required, onClose }: { required: boolean; onClose: () => void }) {
  const [given, setGiven] = useState({ ...session(), secretAccessKey: required ? "" : session().secretAccessKey, accessKeyId: required ? "" : session().accessKeyId });
  const server = useServer();
  const set = (change: Partial<typeof given>) => setGiven({ ...given, ...change });
  const save = () => {
    setSession({ ...given, accessKeyId: given.accessKeyId.trim(), secretAccessKey: given.secretAccessKey.trim(), sessionToken: given.sessionToken?.trim() || undefined });
    queryClient.clear();
    onClose();
  };
  return (
    <Modal
      visible header="Account and region" onDismiss={onClose} closeAriaLabel="Close"
      footer={<Box float="right"><SpaceBetween direction="horizontal" size="xs"><Button onClick={onClose}>Cancel</Button><Button variant="primary" onClick={save} disabled={!given.accessKeyId || !given.secretAccessKey || !given.region}>Use these</Button></SpaceBetween></Box>}
    >
      <SpaceBetween size="m">
        {required && <Alert type="info">This server takes signed requests alone (<code>--auth enforce</code>). Give an access key that it knows.</Alert>}
        {server.data && server.data.auth !== "enforce" && <Box variant="p" color="text-body-secondary">The server runs with --auth {server.data.auth}: any key is taken, and one of 12 digits names the account that is looked at.</Box>}
        {server.data && <Box variant="p">Now: <span className="mono">{server.data.callerArn}</span></Box>}
        <FormField label="Region"><Input value={given.region} onChange={({ detail }) => set({ region: detail.value })} placeholder="us-east-1" /></FormField>
        <FormField label="Access key ID"><Input value={given.accessKeyId} onChange={({ detail }) => set({ accessKeyId: detail.value })} autoComplete={false} spellcheck={false} /></FormField>
        <FormField label="Secret access key"><Input type="password" value={given.secretAccessKey} onChange={({ detail }) => set({ secretAccessKey: detail.value })} autoComplete={false} /></FormField>
        <FormField label={<>Session token <i>- optional</i></>}><Input value={given.sessionToken ?? ""} onChange={({ detail }) => set({ sessionToken: detail.value })} autoComplete={false} /></FormField>
      </SpaceBetween>
    </Modal>
  );
}
