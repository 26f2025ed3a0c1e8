//! serde-pickle: into its own values, and into structs.

use crate::record::Record;
use crate::say::Say;
use crate::Peer;
use serde_pickle::{DeOptions, HashableValue, SerOptions, Value};

/// It writes protocols 2 and 3; what asks for a later one gets 3.
fn options(protocol: u8) -> SerOptions {
    if protocol == 2 {
        SerOptions::new().proto_v2()
    } else {
        SerOptions::new()
    }
}

pub struct Values;

impl Peer for Values {
    type Value = Value;

    fn read(data: &[u8]) -> Result<Value, String> {
        serde_pickle::value_from_slice(data, DeOptions::new()).map_err(|e| e.to_string())
    }

    fn say(value: &Value, out: &mut Say) -> Result<(), String> {
        say(value, out);
        Ok(())
    }

    fn write(value: &Value, protocol: u8) -> Result<Vec<u8>, String> {
        serde_pickle::value_to_vec(value, options(protocol)).map_err(|e| e.to_string())
    }
}

fn say(value: &Value, out: &mut Say) {
    match value {
        Value::None => out.none(),
        Value::Bool(value) => out.bool(*value),
        Value::I64(value) => out.int(value),
        Value::Int(value) => out.int(value),
        Value::F64(value) => out.float(*value),
        Value::Bytes(value) => out.bytes(value),
        Value::String(value) => out.str(value),
        Value::List(items) => {
            out.opcodes(b"](");
            items.iter().for_each(|item| say(item, out));
            out.opcodes(b"e");
        }
        Value::Tuple(items) => {
            out.opcodes(b"(");
            items.iter().for_each(|item| say(item, out));
            out.opcodes(b"t");
        }
        Value::Set(items) => {
            out.opcodes(b"\x8f(");
            items.iter().for_each(|item| say_key(item, out));
            out.opcodes(b"\x90");
        }
        Value::FrozenSet(items) => {
            out.opcodes(b"(");
            items.iter().for_each(|item| say_key(item, out));
            out.opcodes(b"\x91");
        }
        Value::Dict(pairs) => {
            out.opcodes(b"}(");
            for (key, value) in pairs {
                say_key(key, out);
                say(value, out);
            }
            out.opcodes(b"u");
        }
    }
}

fn say_key(key: &HashableValue, out: &mut Say) {
    say(&key.clone().into_value(), out)
}

pub struct Structs;

impl Peer for Structs {
    type Value = Vec<Record>;

    fn read(data: &[u8]) -> Result<Vec<Record>, String> {
        serde_pickle::from_slice(data, DeOptions::new()).map_err(|e| e.to_string())
    }

    fn say(value: &Vec<Record>, out: &mut Say) -> Result<(), String> {
        Record::say_all(value, out);
        Ok(())
    }

    fn write(value: &Vec<Record>, protocol: u8) -> Result<Vec<u8>, String> {
        serde_pickle::to_vec(value, options(protocol)).map_err(|e| e.to_string())
    }
}
