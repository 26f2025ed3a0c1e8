//! The records of the benchmark as a struct: how a program reads pickles whose shape it knows.

use crate::say::Say;

#[derive(serde::Deserialize, serde::Serialize, deser::Deserialize, deser::Serialize)]
pub struct Record {
    pub id: u64,
    pub name: String,
    pub value: f64,
    pub active: bool,
    pub group: String,
}

impl Record {
    pub fn say_all(records: &[Record], out: &mut Say) {
        out.opcodes(b"](");
        for record in records {
            out.opcodes(b"}(");
            out.str("id");
            out.int(record.id);
            out.str("name");
            out.str(&record.name);
            out.str("value");
            out.float(record.value);
            out.str("active");
            out.bool(record.active);
            out.str("group");
            out.str(&record.group);
            out.opcodes(b"u");
        }
        out.opcodes(b"e");
    }
}
