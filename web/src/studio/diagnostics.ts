// What the server says of a definition, asked when the typing pauses.
import { ValidateStateMachineDefinitionCommand, type ValidateStateMachineDefinitionDiagnostic } from "@aws-sdk/client-sfn";
import { useEffect, useState } from "react";
import { sfn } from "../aws/sfn";

export interface Diagnosed {
  found: ValidateStateMachineDefinitionDiagnostic[];
  asked: string;
  error?: unknown;
}

export function useDiagnostics(text: string, type: string): Diagnosed {
  const [state, setState] = useState<Diagnosed>({ found: [], asked: "" });
  useEffect(() => {
    const control = new AbortController();
    const timer = setTimeout(() => {
      sfn().send(new ValidateStateMachineDefinitionCommand({ definition: text, type: type as never, severity: "WARNING" }), { abortSignal: control.signal }).then(
        (answer) => setState({ found: answer.diagnostics ?? [], asked: text }),
        (error: unknown) => !control.signal.aborted && setState({ found: [], asked: text, error }),
      );
    }, 350);
    return () => (clearTimeout(timer), control.abort());
  }, [text, type]);
  return state;
}
