//! The naive store passes the list, and walks beside itself.

use handover_store::Model;

handover_store::conformance!((Model::new(), ()), futures_executor::block_on);
