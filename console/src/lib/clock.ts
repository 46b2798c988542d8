import { useEffect, useState } from 'react';
import { useQuery } from 'urql';
import { ClockDocument } from '../gql/capacity';

/** Business time, which in training is that of its story: asked once, then counted on. */
export function useClock(): { day: string; now: number } | null {
  const [{ data }] = useQuery({ query: ClockDocument });
  const [offset, setOffset] = useState<number | null>(null);
  const [, tick] = useState(0);
  useEffect(() => {
    if (data) setOffset(Date.parse(data.clock.now) - Date.now());
  }, [data]);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 20_000);
    return () => clearInterval(timer);
  }, []);
  if (!data) return null;
  return { day: data.clock.businessDay, now: Date.now() + (offset ?? Date.parse(data.clock.now) - Date.now()) };
}
