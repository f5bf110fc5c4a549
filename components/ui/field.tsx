import { CircleAlert } from "lucide-react";
import { type ReactNode, useId } from "react";
import { Icon } from "./icon";

export type FieldControl = { id: string; "aria-invalid"?: true; "aria-describedby"?: string };

/** Label, kind, control, help and error of one field. The control gets its ids by the render function. */
export function Field({ label, kind, help, error, children }: {
  label: ReactNode; kind?: ReactNode; help?: ReactNode; error?: ReactNode;
  children: (control: FieldControl) => ReactNode;
}) {
  const id = useId();
  const described = error ? `${id}e` : help ? `${id}h` : undefined;
  return (
    <div className="field">
      <div className="field__l"><label htmlFor={id}>{label}</label>{kind && <span className="field__type">{kind}</span>}</div>
      {children({ id, ...(error ? { "aria-invalid": true as const } : {}), ...(described ? { "aria-describedby": described } : {}) })}
      {error ? <FieldError id={`${id}e`}>{error}</FieldError> : help ? <p className="field__h" id={`${id}h`}>{help}</p> : null}
    </div>
  );
}

export function FieldError({ id, children }: { id?: string; children: ReactNode }) {
  return <div className="field__e" id={id}><Icon of={CircleAlert} /><span>{children}</span></div>;
}
