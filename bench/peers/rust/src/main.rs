//! serde-pickle and deser-pickle as contestants: ../README.md says what they are asked.

mod deser_peer;
mod record;
mod say;
mod serde_peer;

use say::Say;
use std::io::{BufRead, Write};

/// A library with one way of using it.
trait Peer {
    type Value;
    fn read(data: &[u8]) -> Result<Self::Value, String>;
    fn say(value: &Self::Value, out: &mut Say) -> Result<(), String>;
    fn write(value: &Self::Value, protocol: u8) -> Result<Vec<u8>, String>;
}

/// What was read last, for the requests to write it.
struct Contestant<P: Peer> {
    pickle: Vec<u8>,
    value: Option<P::Value>,
}

impl<P: Peer> Contestant<P> {
    fn keep(&mut self) -> Result<&P::Value, String> {
        if self.value.is_none() {
            self.value = Some(P::read(&self.pickle)?);
        }
        Ok(self.value.as_ref().unwrap())
    }

    fn answer(&mut self, request: &[&str]) -> Result<(), String> {
        match *request {
            ["read", times] => {
                for _ in 0..number(times)? {
                    std::hint::black_box(P::read(std::hint::black_box(&self.pickle))?);
                }
                Ok(())
            }
            ["say", file] => {
                let mut out = Say::new();
                P::say(&P::read(&self.pickle)?, &mut out)?;
                std::fs::write(file, out.finish()).map_err(|e| e.to_string())
            }
            ["write", protocol, times] => {
                let value = self.keep()?;
                for _ in 0..number(times)? {
                    std::hint::black_box(P::write(
                        std::hint::black_box(value),
                        number(protocol)? as u8,
                    )?);
                }
                Ok(())
            }
            ["save", protocol, file] => {
                let data = P::write(self.keep()?, number(protocol)? as u8)?;
                std::fs::write(file, data).map_err(|e| e.to_string())
            }
            _ => Err(format!("unknown request: {request:?}")),
        }
    }

    fn serve(pickle: Vec<u8>) {
        let mut contestant = Contestant::<P> {
            pickle,
            value: None,
        };
        println!("ok");
        for line in std::io::stdin().lock().lines() {
            let line = line.expect("stdin");
            let request: Vec<&str> = line.split(' ').collect();
            match contestant.answer(&request) {
                Ok(()) => println!("ok"),
                Err(text) => println!("error {}", text.replace('\n', " ")),
            }
            std::io::stdout().flush().expect("stdout");
        }
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("no number: {text}"))
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let pickle = std::fs::read(&arguments[2]).expect("the pickle");
    match arguments[1].as_str() {
        "serde-pickle" => Contestant::<serde_peer::Values>::serve(pickle),
        "serde-pickle-structs" => Contestant::<serde_peer::Structs>::serve(pickle),
        "deser-pickle" => Contestant::<deser_peer::Values>::serve(pickle),
        "deser-pickle-structs" => Contestant::<deser_peer::Structs>::serve(pickle),
        other => panic!("no such library: {other}"),
    }
}
