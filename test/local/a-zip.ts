import { crc32 } from 'node:zlib';

/** Makes a zip of one stored file, for a function that a test deploys. */
export const aZipOf = (name: string, text: string): Buffer => {
  const [file, content] = [Buffer.from(name), Buffer.from(text)];
  // Both headers have this in common: version, flags, method, time, date, checksum, sizes, length of the name.
  const common = Buffer.alloc(24);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(0x5a21, 8);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(content.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(file.length, 22);
  const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, Buffer.alloc(2), file, content]);
  const central = Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000'), common, Buffer.alloc(16), file]);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
};
