//! What a transaction writes: statements with their values, sent in one go.

use super::connection::Connection;
use super::failure::Tried;
use futures_util::future::join_all;
use tokio_postgres::types::ToSql;

/// A value of a statement: mostly a column of many rows, as an array.
pub(super) type Value<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// Statements, in their order.
#[derive(Default)]
pub(super) struct Writes<'a> {
    statements: Vec<(&'static str, Vec<Value<'a>>)>,
    some_made: bool,
}

impl<'a> Writes<'a> {
    /// No more statements; `some` is whether the first go has written something already.
    pub(super) fn made(some: bool) -> Self {
        Self { statements: Vec::new(), some_made: some }
    }

    pub(super) fn push(&mut self, sql: &'static str, values: Vec<Value<'a>>) {
        self.statements.push((sql, values));
    }

    /// Whether the transaction changes nothing.
    pub(super) fn is_nothing(&self) -> bool {
        self.statements.is_empty() && !self.some_made
    }

    /// Sends all at once; an error is the first statement's that failed. All have to be prepared.
    pub(super) async fn send(&self, connection: &Connection) -> Tried<()> {
        let values: Vec<Vec<&(dyn ToSql + Sync)>> = self
            .statements
            .iter()
            .map(|(_, values)| values.iter().map(|it| &**it as &(dyn ToSql + Sync)).collect())
            .collect();
        let statements = self.statements.iter();
        let sent = statements.zip(&values).map(|((sql, _), values)| connection.query(sql, values));
        join_all(sent).await.into_iter().try_for_each(|answer| answer.map(drop))
    }
}

/// Rows that one statement writes, kept as the arrays that it takes: one for each of its values.
macro_rules! rows {
    ($(#[$doc:meta])* $name:ident: $sql:expr, $($column:ident: $kind:ty),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Default)]
        pub(super) struct $name<'a> {
            $($column: Vec<$kind>,)+
            of: std::marker::PhantomData<&'a ()>,
        }

        impl<'a> $name<'a> {
            #[allow(clippy::too_many_arguments, reason = "a row has as many columns as it has")]
            pub(super) fn push(&mut self, $($column: $kind),+) {
                $(self.$column.push($column);)+
            }

            /// Nothing is sent where there are no rows.
            pub(super) fn write(self, writes: &mut $crate::postgres::writes::Writes<'a>) {
                let some = false $(|| !self.$column.is_empty())+;
                if some {
                    writes.push($sql, vec![$(Box::new(self.$column)),+]);
                }
            }
        }
    };
}
pub(super) use rows;
