//! Compares hand-written `table!` macros with the database.
use crate::TestDb;
use diesel::{
    Expression, QuerySource, Table, associations::HasTable, dsl::Select, pg::Pg, query_builder::QueryFragment,
    query_dsl::methods::SelectDsl,
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

/// A table as a macro describes it: name, and each column with its type.
#[derive(Debug, PartialEq, Eq)]
pub struct Described {
    table: String,
    columns: Vec<(String, String)>,
}

/// The names between the last dots of a SELECT list, and of the FROM.
fn names(sql: &str) -> (String, Vec<String>) {
    let (list, from) = sql.trim_start_matches("SELECT ").split_once(" FROM ").expect("a SELECT");
    let last = |path: &str| path.trim().rsplit('.').next().unwrap_or_default().trim_matches('"').to_owned();
    let table = from.split(" --").next().unwrap_or(from);
    (last(table), list.split(", ").map(last).collect())
}

/// `diesel::sql_types::Nullable<diesel::sql_types::Text>` as `Nullable<Text>`.
fn short(name: &str) -> String {
    let mut out = String::new();
    for part in name.split_inclusive(['<', '>', ',']) {
        out.push_str(part.rsplit("::").next().unwrap_or(part).trim_start());
    }
    out
}

/// What a macro says.
#[must_use]
pub fn describe<T>() -> Described
where
    T: Table + HasTable<Table = T> + SelectDsl<<T as Table>::AllColumns>,
    <T as Table>::AllColumns: Expression,
    Select<T, <T as Table>::AllColumns>: QueryFragment<Pg>,
    T: QuerySource,
{
    let query = T::table().select(T::all_columns());
    let (table, columns) = names(&diesel::debug_query::<Pg, _>(&query).to_string());
    let types = short(std::any::type_name::<<T::AllColumns as Expression>::SqlType>());
    let types: Vec<String> = types.trim_matches(['(', ')']).split(',').map(|name| name.trim().to_owned()).collect();
    Described { table, columns: columns.into_iter().zip(types).collect() }
}

fn diesel_type(udt: &str, nullable: bool) -> String {
    let plain = match udt {
        "text" => "Text",
        "int2" => "SmallInt",
        "int4" => "Integer",
        "int8" => "BigInt",
        "bool" => "Bool",
        "date" => "Date",
        "time" => "Time",
        "timestamptz" => "Timestamptz",
        "uuid" => "Uuid",
        "jsonb" => "Jsonb",
        "bytea" => "Binary",
        "_int8" => "Array<BigInt>",
        "_text" => "Array<Text>",
        other => panic!("teach testkit the type {other}"),
    };
    if nullable { format!("Nullable<{plain}>") } else { plain.to_owned() }
}

/// Asserts that each described table is exactly the database's, column by column, in order.
pub async fn assert_equal(db: &TestDb, schema: &str, described: &[Described]) {
    #[derive(diesel::QueryableByName)]
    struct Column {
        #[diesel(sql_type = diesel::sql_types::Text)]
        column_name: String,
        #[diesel(sql_type = diesel::sql_types::Text)]
        udt_name: String,
        #[diesel(sql_type = diesel::sql_types::Bool)]
        nullable: bool,
    }
    let mut conn = AsyncPgConnection::establish(&db.home.admin_url().expect("a URL")).await.expect("PostgreSQL");
    for macro_says in described {
        let columns: Vec<Column> = diesel::sql_query(
            "select column_name::text, udt_name::text, is_nullable = 'YES' as nullable
             from information_schema.columns where table_schema = $1 and table_name = $2 order by ordinal_position",
        )
        .bind::<diesel::sql_types::Text, _>(schema)
        .bind::<diesel::sql_types::Text, _>(&macro_says.table)
        .load(&mut conn)
        .await
        .expect("information_schema");
        let database_says: Vec<_> = columns
            .into_iter()
            .map(|column| (column.column_name, diesel_type(&column.udt_name, column.nullable)))
            .collect();
        assert_eq!(macro_says.columns, database_says, "{schema}.{}", macro_says.table);
    }
}
