-- The sealed chain over a schema's append-only rows (run with search_path = schema). Linked into each
-- schema's folder, so that the shape exists once. Role `seal` alone writes here; nobody changes anything.

-- One row for each batch of committed rows, in the order of `first`. Its items are all rows of the tables
-- named in it whose transactions are from `from_txid` on and before `until_txid`, in the order of txid, table
-- and id; batches follow each other without a gap. `leaves` and `digest`: recipes at platform::seal.
create table seal (
    first bigint primary key check (first > 0),
    last bigint not null unique,
    from_txid bigint not null check (from_txid >= 0),
    until_txid bigint not null,
    tables text[] not null,
    ids uuid[] not null,
    txids bigint[] not null,
    -- 32 bytes an item
    leaves bytea not null,
    previous bytea not null check (length(previous) = 32),
    digest bytea not null check (length(digest) = 32),
    sealed_at timestamptz not null default clock_timestamp(),
    check (last >= first and until_txid > from_txid),
    check (cardinality(tables) = last - first + 1 and cardinality(ids) = last - first + 1),
    check (cardinality(txids) = last - first + 1 and length(leaves) = 32 * (last - first + 1))
);

-- Signed heads of the chain. The same lines stand in a file outside of the database: only that file shows
-- that the end of a chain was cut off here, together with the heads that named it.
create table head (
    sequence bigint not null check (sequence > 0),
    digest bytea not null check (length(digest) = 32),
    at timestamptz not null,
    key text not null,
    signature bytea not null check (length(signature) = 64),
    primary key (sequence, at)
);

-- Finds the newest transactions; costs whoever writes next to nothing.
do $$
declare
    name text;
begin
    foreach name in array array['audit', 'transfer', 'log'] loop
        if to_regclass(name) is not null then
            execute format('create index %I on %I using brin (txid) with (pages_per_range = 16, autosummarize = on)',
                           name || '_txid', name);
        end if;
    end loop;
end
$$;

create function refuse_reseal() returns trigger
language plpgsql
as $$
begin
    raise exception 'the rows of % are never changed or deleted', tg_table_name using errcode = 'restrict_violation';
end
$$;
create trigger seal_append_only before update or delete or truncate on seal
    for each statement execute function refuse_reseal();
create trigger head_append_only before update or delete or truncate on head
    for each statement execute function refuse_reseal();
