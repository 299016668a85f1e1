//! What counts as true in conditions, `&&`, `||`, `!` and `filter`.

use super::{Kind, Value};

impl Value {
    pub(crate) fn is_true(&self) -> bool {
        match &self.kind {
            Kind::Text(_) | Kind::List(_) | Kind::Map(_) => true,
            Kind::Bool(bool) => *bool,
            Kind::Int(int) => *int > 0,
            Kind::Float(float) => float.is_normal(),
            Kind::Null | Kind::Closure(_) => false,
        }
    }
}
