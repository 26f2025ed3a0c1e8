//! deser-pickle: into values of deser-value, and into structs.

use crate::record::Record;
use crate::say::Say;
use crate::Peer;
use deser::ext::BigInt;
use deser::ser::SerializeDriver;
use deser::{Atom, Event, State};
use deser_pickle::{Global, Kind, Reference, SerializerConfig};
use deser_value::Value;
use std::collections::HashSet;

fn write<T: deser::Serialize>(value: &T, protocol: u8) -> Result<Vec<u8>, String> {
    let mut config = SerializerConfig::new();
    config.set_protocol(protocol);
    config.to_vec(value).map_err(|e| e.to_string())
}

pub struct Values;

impl Peer for Values {
    type Value = Value;

    fn read(data: &[u8]) -> Result<Value, String> {
        deser_pickle::from_slice(data).map_err(|e| e.to_string())
    }

    /// Only the events of a value say what is a tuple, of a class, or shared.
    fn say(value: &Value, out: &mut Say) -> Result<(), String> {
        let mut saying = Saying::default();
        let mut driver = SerializeDriver::new(value);
        while let Some((event, _, state)) = driver.next().map_err(|e| e.to_string())? {
            saying.event(event, state, out)?;
        }
        Ok(())
    }

    fn write(value: &Value, protocol: u8) -> Result<Vec<u8>, String> {
        write(value, protocol)
    }
}

/// How to end a container: the opcodes, and its number if it is shared and has none yet.
struct Open {
    end: &'static [u8],
    put: Option<u32>,
}

#[derive(Default)]
struct Saying {
    open: Vec<Open>,
    said: HashSet<u32>,
    /// So many containers deep in something that has been said already.
    skipped: usize,
}

impl Saying {
    fn event(&mut self, event: Event, state: &mut State, out: &mut Say) -> Result<(), String> {
        match event {
            Event::MapStart(_) | Event::SeqStart(_) if self.skipped > 0 => self.skipped += 1,
            Event::MapEnd | Event::SeqEnd if self.skipped > 0 => self.skipped -= 1,
            _ if self.skipped > 0 => {}
            Event::MapStart(_) | Event::SeqStart(_) => {
                let map = matches!(event, Event::MapStart(_));
                self.start(map, state, out);
            }
            Event::MapEnd | Event::SeqEnd => {
                let open = self.open.pop().ok_or("an end without a start")?;
                out.opcodes(open.end);
                if let Some(id) = open.put {
                    out.put(id);
                }
            }
            Event::Atom(atom) => say_atom(&atom, out)?,
        }
        Ok(())
    }

    fn start(&mut self, map: bool, state: &mut State, out: &mut Say) {
        let shared = deser_pickle::take_shared_id(state).map(|id| id as u32);
        if let Some(id) = shared {
            if !self.said.insert(id) {
                out.get(id);
                self.skipped = 1;
                return;
            }
        }
        let class = deser_pickle::take_class(state);
        if let Some(class) = &class {
            out.global(class.module(), class.name());
            out.opcodes(b")\x81");
        }
        let (begin, end, late): (&[u8], &'static [u8], bool) =
            match (deser_pickle::take_kind(state), map, class.is_some()) {
                (Some(Kind::Tuple), _, true) => (b"", b"tb", false),
                (Some(Kind::Tuple), ..) => (b"", b"t", true),
                (Some(Kind::Set), ..) => (b"\x8f", b"\x90", false),
                (Some(Kind::FrozenSet), ..) => (b"", b"\x91", true),
                (_, true, true) => (b"", b"ub", false),
                (_, true, false) => (b"}", b"u", false),
                (_, false, true) => (b"", b"eb", false),
                (_, false, false) => (b"]", b"e", false),
            };
        out.opcodes(begin);
        if let (Some(id), false) = (shared, late) {
            out.put(id);
        }
        if class.is_some() && map {
            out.opcodes(b"}");
        }
        out.opcodes(b"(");
        let put = if late { shared } else { None };
        self.open.push(Open { end, put });
    }
}

fn say_atom(atom: &Atom, out: &mut Say) -> Result<(), String> {
    match atom {
        Atom::Null => out.none(),
        Atom::Bool(value) => out.bool(*value),
        Atom::U64(value) => out.int(value),
        Atom::I64(value) => out.int(value),
        Atom::F64(value) => out.float(*value),
        Atom::Str(value) => out.str(value.as_str()),
        Atom::Bytes(value) => out.bytes(value),
        Atom::Ext(value) => {
            if let Some(reference) = value.downcast_ref::<Reference>() {
                out.get(reference.id() as u32);
            } else if let Some(global) = value.downcast_ref::<Global>() {
                out.global(global.module(), global.name());
            } else if let Some(value) = value.downcast_ref::<BigInt>() {
                out.int(value);
            } else if let Some(value) = value.downcast_ref::<u128>() {
                out.int(value);
            } else if let Some(value) = value.downcast_ref::<i128>() {
                out.int(value);
            } else {
                return Err(format!("an extension: {}", value.name()));
            }
        }
        other => return Err(format!("an atom: {}", other.name())),
    }
    Ok(())
}

pub struct Structs;

impl Peer for Structs {
    type Value = Vec<Record>;

    fn read(data: &[u8]) -> Result<Vec<Record>, String> {
        deser_pickle::from_slice(data).map_err(|e| e.to_string())
    }

    fn say(value: &Vec<Record>, out: &mut Say) -> Result<(), String> {
        Record::say_all(value, out);
        Ok(())
    }

    fn write(value: &Vec<Record>, protocol: u8) -> Result<Vec<u8>, String> {
        write(value, protocol)
    }
}
