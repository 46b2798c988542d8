/** Answers of a wholesaler's branch that could not be sent yet: kept in this browser, sent in order when it is online. */
import { rest, sawWrite } from '../api/http';
import { OFFLINE, Problem } from '../api/problem';

export type Answer = { readonly shipment: string; readonly event: CloudEvent };
export type CloudEvent = {
  specversion: '1.0';
  id: string;
  type: string;
  source: string;
  subject: string;
  time: string;
  datacontenttype: 'application/json';
  sequence: string;
  data: Record<string, unknown>;
};
export type Taken = { taken: string; state: string; next_sequence: number; position: string };

const KEY = 'meguri.outbox';

export function waiting(): Answer[] {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '[]') as Answer[];
  } catch {
    return [];
  }
}

const keep = (answers: readonly Answer[]) =>
  answers.length === 0 ? localStorage.removeItem(KEY) : localStorage.setItem(KEY, JSON.stringify(answers));

const post = async ({ shipment, event }: Answer): Promise<Taken> => {
  const taken = await rest<Taken>('POST', `/v1/shipments/${shipment}/answers`, event);
  sawWrite(taken.position);
  return taken;
};

/** Sends an answer, or keeps it when the server cannot be reached (null). */
export async function sendAnswer(answer: Answer): Promise<Taken | null> {
  if (waiting().some((each) => each.shipment === answer.shipment)) {
    keep([...waiting(), answer]);
    return null;
  }
  try {
    return await post(answer);
  } catch (failure) {
    if (failure !== OFFLINE) throw failure;
    keep([...waiting(), answer]);
    return null;
  }
}

/** Sends what waits, first come first served; stops where the server cannot be reached. Answers what was refused. */
export async function flush(): Promise<Problem[]> {
  const refused: Problem[] = [];
  for (const answer of waiting()) {
    try {
      await post(answer);
    } catch (failure) {
      if (failure === OFFLINE) return refused;
      if (failure instanceof Problem) {
        // who must sign in first sends it afterwards
        if (failure.status === 401) return refused;
        refused.push(failure);
      }
    }
    keep(waiting().filter((each) => each.event.id !== answer.event.id));
  }
  return refused;
}
