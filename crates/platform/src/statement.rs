//! Hot SQL: statements with a type each, prepared once per connection and kept.
//!
//! diesel keeps reads prepared, and plain inserts of one row. It prepares anew each time, because the
//! text might be another one: updates, upserts, inserts of many rows or with a column's default, and
//! `sql_query`. That costs a round trip more, and the server parses and plans the statement again. What
//! runs with every request is therefore written down with [`statement!`]. Many rows go as one array per
//! column through `unnest`: the text is the same however many there are.
//!
//! [`statement!`]: crate::statement!

/// Placeholders (`?`) in a statement's text.
#[must_use]
pub const fn placeholders(text: &str) -> usize {
    let mut rest = text.as_bytes();
    let mut count = 0;
    while let [first, more @ ..] = rest {
        if *first == b'?' {
            count += 1;
        }
        rest = more;
    }
    count
}

/// One value of each row: a column, as `unnest` takes it.
pub fn column<'a, R, T>(rows: &'a [R], value: impl FnMut(&'a R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

/// A statement as a struct: its fields are the parameters, in the order of the `?` in its text. A `?`
/// stands for nothing else, and there are as many as fields, or it does not compile. After `->` stands the
/// SQL type of a row that it answers; without it, it can only be executed. Only crates that depend on
/// diesel can use it.
///
/// ```
/// use diesel::sql_types::{Array, BigInt, Text};
///
/// platform::statement! {
///     /// Doubles numbers, each under its name.
///     Double<'a> { names: Vec<&'a str> as Array<Text>, numbers: Vec<i64> as Array<BigInt> } -> (Text, BigInt),
///     "select name, 2 * number from unnest(?, ?) as given (name, number)"
/// }
/// ```
#[macro_export]
macro_rules! statement {
    (
        $(#[$doc:meta])*
        $name:ident $(<$life:lifetime>)? { $($field:ident: $rust:ty as $sql:ty),* $(,)? } -> $row:ty, $text:literal
    ) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name $(<$life>)? { $(pub(crate) $field: $rust),* }

        impl $(<$life>)? ::diesel::query_builder::QueryFragment<::diesel::pg::Pg> for $name $(<$life>)? {
            fn walk_ast<'b>(
                &'b self,
                mut out: ::diesel::query_builder::AstPass<'_, 'b, ::diesel::pg::Pg>,
            ) -> ::diesel::QueryResult<()> {
                let mut parts = $text.split('?');
                out.push_sql(parts.next().unwrap_or_default());
                $(
                    out.push_bind_param::<$sql, _>(&self.$field)?;
                    out.push_sql(parts.next().unwrap_or_default());
                )*
                Ok(())
            }
        }

        impl $(<$life>)? ::diesel::query_builder::Query for $name $(<$life>)? {
            type SqlType = $row;
        }

        const _: () = {
            const FIELDS: &[&str] = &[$(stringify!($field)),*];
            assert!($crate::statement::placeholders($text) == FIELDS.len(), "as many ? as fields");

            /// Names the statement, whatever it borrows.
            #[derive(Debug)]
            pub struct Id;

            impl $(<$life>)? ::diesel::query_builder::QueryId for $name $(<$life>)? {
                type QueryId = Id;
                const HAS_STATIC_QUERY_ID: bool = true;
            }
        };
    };
    (
        $(#[$doc:meta])*
        $name:ident $(<$life:lifetime>)? { $($fields:tt)* }, $text:literal
    ) => {
        $crate::statement! { $(#[$doc])* $name $(<$life>)? { $($fields)* } -> (), $text }
    };
}
