// What was read, said in the plainest pickle there is, without any library.

const OBJECT = Object.prototype;

export class Say {
  #bytes = Buffer.alloc(1 << 20);
  #size = 0;
  // The numbers of what can be shared.
  #numbers = new Map();

  constructor() {
    this.#latin('\x80\x04');
  }

  finish() {
    this.#latin('.');
    return this.#bytes.subarray(0, this.#size);
  }

  #room(size) {
    if (this.#size + size > this.#bytes.length) {
      const larger = Buffer.alloc(2 * (this.#size + size));
      this.#bytes.copy(larger, 0, 0, this.#size);
      this.#bytes = larger;
    }
  }

  #latin(text) {
    this.#room(text.length);
    this.#size += this.#bytes.write(text, this.#size, 'latin1');
  }

  #sized(opcode, data) {
    this.#numbered(opcode, data.length);
    this.#room(data.length);
    this.#bytes.set(data, this.#size);
    this.#size += data.length;
  }

  #numbered(opcode, number) {
    this.#latin(opcode);
    this.#room(4);
    this.#size = this.#bytes.writeUInt32LE(number, this.#size);
  }

  value(value) {
    if (value === null) this.#latin('N');
    else if (value === true) this.#latin('\x88');
    else if (value === false) this.#latin('\x89');
    else if (typeof value === 'bigint') this.#latin(`L${value}L\n`);
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'string') this.#sized('X', Buffer.from(value, 'utf8'));
    else if (value instanceof Uint8Array) this.#sized('B', value);
    else if (typeof value === 'object') this.#shared(value);
    else if (value.prototype?.__module__ !== undefined) this.#global(value.prototype);
    else throw new Error(`a ${typeof value}`);
  }

  #number(value) {
    if (Number.isInteger(value)) {
      this.#latin(`L${BigInt(value)}L\n`);
    } else {
      this.#latin('G');
      this.#room(8);
      this.#size = this.#bytes.writeDoubleBE(value, this.#size);
    }
  }

  #global(value) {
    this.#latin(`c${value.__module__}\n${value.__name__}\n`);
  }

  #shared(value) {
    const number = this.#numbers.get(value);
    if (number !== undefined) {
      this.#numbered('j', number);
      return;
    }
    this.#numbers.set(value, this.#numbers.size);
    const put = () => this.#numbered('r', this.#numbers.get(value));
    if (Array.isArray(value)) {
      this.#latin(']');
      put();
      this.#latin('(');
      value.forEach((item) => this.value(item));
      this.#latin('e');
    } else if (Object.getPrototypeOf(value) === OBJECT) {
      this.#latin('}');
      put();
      this.#pairs(value);
    } else if (value.__module__ !== undefined) {
      this.#global(value);
      this.#latin('(');
      value.args.forEach((item) => this.value(item));
      // A call, if there are arguments; otherwise an instance.
      this.#latin(value.args.length ? 'tR' : 't\x81');
      put();
      this.#latin('}');
      this.#pairs(value);
      this.#latin('b');
    } else {
      throw new Error(`a ${value.constructor.name}`);
    }
  }

  #pairs(value) {
    this.#latin('(');
    for (const [key, item] of Object.entries(value)) {
      this.value(key);
      this.value(item);
    }
    this.#latin('u');
  }
}
