import { useEffect, useState } from 'react';
import { useWork } from '../i18n/work';
import { paste, type Change, type Row } from '../lib/sheet';
import { Dialog, Notice } from '../ui/parts';

const NAMED_MAX = 10;

/** What a spreadsheet had, looked through before it is taken over. */
export function Paste({
  open,
  text,
  rows,
  start,
  onClose,
  onTake,
}: {
  open: boolean;
  text: string;
  rows: readonly Row[];
  start: string | null;
  onClose: () => void;
  onTake: (changes: readonly Change[], message: string) => void;
}) {
  const { paren, t } = useWork();
  const [typed, setTyped] = useState('');
  useEffect(() => setTyped(text), [text, open]);
  const found = paste(typed, rows, start);
  const list = (names: readonly string[]) =>
    names.slice(0, NAMED_MAX).join('、') + (names.length > NAMED_MAX ? ` … (${names.length})` : '');
  return (
    <Dialog title={t.sheet.pasteTitle} open={open} onClose={onClose}>
      <div className="field">
        <label htmlFor="pasted">{t.sheet.pasteHint}</label>
        <textarea id="pasted" rows={8} value={typed} onChange={(event) => setTyped(event.target.value)} />
      </div>
      {typed.trim() === '' ? null : (
        <div aria-live="polite">
          {found.unknown.length > 0 ? <Notice tone="warn" title={t.sheet.pasteUnknown(list(found.unknown))} /> : null}
          {found.wrong.length > 0 ? <Notice tone="warn" title={t.sheet.pasteWrong(list(found.wrong))} /> : null}
          {found.twice.length > 0 ? <Notice tone="warn" title={t.sheet.pasteTwice(list(found.twice))} /> : null}
        </div>
      )}
      <p className="actions">
        <button
          type="button"
          className="button primary"
          disabled={found.changes.length === 0}
          onClick={() => onTake(found.changes, t.sheet.pasteDone(found.changes.length))}
        >
          {t.sheet.pasteApply}
          {paren(found.changes.length)}
        </button>
        <button type="button" className="button" onClick={onClose}>
          {t.cancel}
        </button>
      </p>
    </Dialog>
  );
}
