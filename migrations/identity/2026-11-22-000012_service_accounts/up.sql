-- What is known of a machine's account beside its name and secret. Times are real time.
create table service_account (
    account uuid primary key references account (id),
    -- names of the only actions it may do; null: all that its role may
    actions text[],
    issued_by uuid not null,
    -- while secrets change over: the one before, and until when it counts
    previous_sha256 bytea check (length(previous_sha256) = 32),
    previous_until timestamptz,
    last_used_at timestamptz,
    check ((previous_sha256 is null) = (previous_until is null))
);
