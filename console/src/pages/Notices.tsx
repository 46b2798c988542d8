import { useState } from 'react';
import { Problem } from '../api/problem';
import { useI18n } from '../i18n';
import { useWork } from '../i18n/work';
import { useNotices, type Notice as Told } from '../lib/notices';
import { Badge, Card, Failed, Page, Waiting } from '../ui/parts';

/** お知らせ, 事務連絡: what the ministry and the prefectures tell those below; reading one is acknowledged. */
export default function Notices() {
  const { t } = useWork();
  const [only, setOnly] = useState(false);
  return (
    <Page narrow title={t.noticesPage.title} lead={t.noticesPage.lead}>
      <label className="check">
        <input type="checkbox" checked={only} onChange={(event) => setOnly(event.target.checked)} />
        {t.noticesPage.onlyUnread}
      </label>
      <List key={String(only)} which={only ? 'unread' : 'all'} />
    </Page>
  );
}

function List({ which }: { which: 'all' | 'unread' }) {
  const { t } = useWork();
  const { page, problem, load, acknowledge } = useNotices(which);
  const [refused, setRefused] = useState<Problem | null>(null);
  if (problem) return <Failed problem={problem} again={() => load()} />;
  if (!page) return <Waiting fetching />;
  const read = (notice: Told) =>
    void acknowledge(notice).catch((failure: unknown) => setRefused(failure instanceof Problem ? failure : null));
  return (
    <>
      {refused ? <Failed problem={refused} /> : null}
      {page.notices.length === 0 ? <p>{t.noticesPage.none}</p> : null}
      {page.notices.map((notice) => (
        <One key={notice.notice} notice={notice} onRead={() => read(notice)} />
      ))}
      {page.next ? (
        <p>
          <button type="button" className="button" onClick={() => load(page.next)}>
            {t.more}
          </button>
        </p>
      ) : null}
    </>
  );
}

function One({ notice, onRead }: { notice: Told; onRead: () => void }) {
  const { t, say, lang, dayTime, longDay } = useWork();
  return (
    <Card
      title={say(notice.text.title)}
      aside={
        <span>
          <Badge tone={notice.kind === 'alert' ? 'bad' : 'info'}>{t.noticesPage.kinds[notice.kind] ?? notice.kind}</Badge>{' '}
          {notice.read ? <Badge tone="good">✓ {t.noticesPage.read}</Badge> : <Badge tone="warn">{t.noticesPage.unread}</Badge>}
        </span>
      }
    >
      <p className="quiet">
        {say(notice.publisher)}
        {notice.number ? ` ｜ ${notice.number}` : ''} ｜ {dayTime(notice.published_at)}
        {notice.valid_until ? ` ｜ ${t.noticesPage.until(longDay(notice.valid_until))}` : ''}
        {notice.version > 1 ? ` ｜ ${t.noticesPage.corrected(notice.version)}` : ''}
        {notice.withdrawn_at ? ` ｜ ${t.noticesPage.withdrawn}` : ''}
      </p>
      <p style={{ whiteSpace: 'pre-line' }}>{say(notice.text.body)}</p>
      {notice.correction ? (
        <p className="quiet">
          {t.reason}: {notice.correction}
        </p>
      ) : null}
      {notice.attachments.length > 0 ? (
        <ul>
          {notice.attachments.map((each) => (
            <li key={each.place}>
              <a className="row-link" href={each.link} rel="noreferrer">
                {each.name}
              </a>
            </li>
          ))}
        </ul>
      ) : null}
      <p className="actions">
        {notice.read || notice.withdrawn_at ? null : (
          <button type="button" className="button primary" onClick={onRead}>
            {t.noticesPage.acknowledge}
            <span className="visually-hidden"> {say(notice.text.title)}</span>
          </button>
        )}
        <a className="button" href={`/v1/notices/${notice.notice}/page?lang=${lang}`}>
          {t.noticesPage.paper}
          <span className="visually-hidden"> {say(notice.text.title)}</span>
        </a>
      </p>
    </Card>
  );
}

/** What everybody must know, also before signing in. */
export function Vital() {
  const { say } = useI18n();
  const { page } = useNotices('vital', 3);
  return (
    <>
      {page?.notices.map((notice) => (
        <Card key={notice.notice} title={say(notice.text.title)}>
          <p style={{ whiteSpace: 'pre-line' }}>{say(notice.text.body)}</p>
        </Card>
      ))}
    </>
  );
}
