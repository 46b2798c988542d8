import { useCallback, useEffect, useState } from 'react';
import { rest, sawWrite } from '../api/http';
import { Problem, type Words } from '../api/problem';
import { newId } from './id';

export type Notice = {
  notice: string;
  kind: 'notice' | 'circular' | 'alert';
  number?: string;
  publisher: Words;
  version: number;
  text: { title: Words; body: Words };
  correction?: string;
  public: boolean;
  vital: boolean;
  published_at: string;
  valid_until?: string;
  withdrawn_at?: string;
  read: boolean;
  attachments: readonly { place: number; name: string; link: string; bytes: number }[];
};
type Page = { notices: readonly Notice[]; next?: string };

/** The notices for the caller, newest first: all, those not read yet, or the vital ones that everybody sees. */
export function useNotices(which: 'all' | 'unread' | 'vital', first = 50) {
  const [page, setPage] = useState<Page | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const load = useCallback(
    (after?: string) => {
      const query = new URLSearchParams({
        first: String(first),
        ...(which === 'all' ? {} : { [which]: 'true' }),
        ...(after ? { after } : {}),
      });
      rest<Page>('GET', `/v1/notices?${query.toString()}`)
        .then((next) => setPage((now) => (after && now ? { ...next, notices: [...now.notices, ...next.notices] } : next)))
        .catch((failure: unknown) => setProblem(failure instanceof Problem ? failure : null));
    },
    [which, first],
  );
  useEffect(() => load(), [load]);
  const acknowledge = useCallback(async (notice: Notice) => {
    const moved = await rest<{ position: string }>('POST', `/v1/notices/${notice.notice}:acknowledge`, {
      id: newId(),
      version: notice.version,
    });
    sawWrite(moved.position);
    setPage((now) =>
      now
        ? { ...now, notices: now.notices.map((each) => (each.notice === notice.notice ? { ...each, read: true } : each)) }
        : now,
    );
  }, []);
  return { page, problem, load, acknowledge };
}
