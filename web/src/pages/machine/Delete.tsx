// Asks once more, and deletes state machines.
import { DeleteStateMachineCommand } from "@aws-sdk/client-sfn";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { refresh } from "../../aws/queries";
import { sfn } from "../../aws/sfn";
import { CliOf } from "../../ui/Cli";
import { notify, notifyError } from "../../ui/notices";

interface Named {
  stateMachineArn?: string;
  name?: string;
}

const deletion = (m: Named) => new DeleteStateMachineCommand({ stateMachineArn: m.stateMachineArn });

export function DeleteMachines({ machines, onClose }: { machines: readonly Named[]; onClose: (deleted: boolean) => void }) {
  const remove = async () => {
    for (const machine of machines) {
      try {
        await sfn().send(deletion(machine));
        notify("success", `${machine.name} is being deleted.`);
      } catch (error) {
        notifyError(`${machine.name} was not deleted`, error);
      }
    }
    onClose(true);
    void refresh("machines");
  };
  return (
    <Modal
      visible={machines.length > 0} onDismiss={() => onClose(false)} header={machines.length === 1 ? `Delete ${machines[0].name}?` : `Delete ${machines.length} state machines?`} closeAriaLabel="Close"
      footer={<Box float="right"><SpaceBetween direction="horizontal" size="xs"><Button onClick={() => onClose(false)}>Cancel</Button>{machines.length > 0 && <CliOf of={() => machines.map(deletion)} />}<Button variant="primary" onClick={() => void remove()}>Delete</Button></SpaceBetween></Box>}
    >
      Executions that run are stopped at their next transition. Histories are kept no longer than the state machine. This can't be undone.
    </Modal>
  );
}
