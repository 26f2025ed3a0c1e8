//! What was read, said in the plainest pickle there is, without any library.

pub struct Say {
    bytes: Vec<u8>,
}

impl Say {
    pub fn new() -> Say {
        Say {
            bytes: b"\x80\x04".to_vec(),
        }
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.push(b'.');
        self.bytes
    }

    pub fn opcodes(&mut self, opcodes: &[u8]) {
        self.bytes.extend_from_slice(opcodes);
    }

    fn sized(&mut self, opcode: u8, data: &[u8]) {
        self.bytes.push(opcode);
        self.bytes
            .extend_from_slice(&(data.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(data);
    }

    pub fn none(&mut self) {
        self.bytes.push(b'N');
    }

    pub fn bool(&mut self, value: bool) {
        self.bytes.push(if value { 0x88 } else { 0x89 });
    }

    pub fn int(&mut self, value: impl std::fmt::Display) {
        self.bytes
            .extend_from_slice(format!("L{value}L\n").as_bytes());
    }

    pub fn float(&mut self, value: f64) {
        self.bytes.push(b'G');
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    pub fn str(&mut self, value: &str) {
        self.sized(b'X', value.as_bytes());
    }

    pub fn bytes(&mut self, value: &[u8]) {
        self.sized(b'B', value);
    }

    pub fn global(&mut self, module: &str, name: &str) {
        self.bytes
            .extend_from_slice(format!("c{module}\n{name}\n").as_bytes());
    }

    pub fn put(&mut self, id: u32) {
        self.bytes.push(b'r');
        self.bytes.extend_from_slice(&id.to_le_bytes());
    }

    pub fn get(&mut self, id: u32) {
        self.bytes.push(b'j');
        self.bytes.extend_from_slice(&id.to_le_bytes());
    }
}
