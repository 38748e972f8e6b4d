function writer(env) {
  const { I8, U8, I16, U16, I32, U32, F32, F64, B64, variable, labels, place, first, records, schema } = env;
  const { blobCost, textCost, exactTextCost, labelBytes, toJson, toAny } = env;
  const { eventFault, eventTooLarge, fitUntil, oddEvent, unknownColumn } = env;
  function push(event) {
    const value0 = event;
    // 0 "~value": any
    let stored0 = null;
    stored0 = toAny("~value", value0, records[0]);
    // A place for the row.
    let need =
      textCost(stored0.text.length) +
      (stored0 === null ? 0 : blobCost(stored0.length));
    if (need > variable.capacity) {
      need =
        exactTextCost(stored0.text) +
        (stored0 === null ? 0 : blobCost(stored0.length));
      if (need > variable.capacity) throw eventTooLarge(schema, need, variable.capacity);
    }
    if (place.row === place.end) {
      const answer = place.find();
      if (answer !== undefined) return answer;
    }
    if (need > variable.room) {
      need =
        exactTextCost(stored0.text) +
        (stored0 === null ? 0 : blobCost(stored0.length));
      while (need > variable.room) {
        place.makeRoom();
        if (place.row === place.end) {
          const answer = place.find();
          if (answer !== undefined) return answer;
        }
      }
    }
    variable.room -= need;
    // The row.
    const row = place.row;
    I32[(first[0] + row) | 0] = variable.record(stored0);
    const text0 = stored0.text;
    if (text0.length > 0) variable.texts[variable.count++] = text0;
    I32[(first[2] + row) | 0] = variable.end += text0.length;
    const next = (row + 1) | 0;
    place.row = next;
    if (next === place.end) place.complete();
    return true;
  }
  const writeColumns = undefined;
  return { push, writeColumns };
}

function rows(columns, validity) {
  // 0 "~value": any
  const column0 = columns[0];
  return function row(i) {
    return column0.get(i);
  };
}

function plainReader(floatOf) {
  return function read(reader, words, at, texts) {
    let next = at + 1, unit = 0, kind = 0;
    // 0 "id"
    let value0;
    switch (kind = (words[at + 0] >>> 0) & 15) {
      case 6: // text
        value0 = texts.substring(unit, unit += words[next++]);
        break;
      case 4: // int32
        value0 = words[next++];
        break;
      case 5: // float64
        value0 = floatOf(words[next], words[next + 1]);
        next += 2;
        break;
      case 1: // null
        value0 = null;
        break;
      case 3: // true
        value0 = true;
        break;
      case 2: // false
        value0 = false;
        break;
      case 0: break;
      default:
        reader.next = next;
        reader.unit = unit;
        value0 = reader.value(kind, texts);
        next = reader.next;
        unit = reader.unit;
    }
    // 1 "__proto__"
    let value1;
    switch (kind = (words[at + 0] >>> 4) & 15) {
      case 6: // text
        value1 = texts.substring(unit, unit += words[next++]);
        break;
      case 4: // int32
        value1 = words[next++];
        break;
      case 5: // float64
        value1 = floatOf(words[next], words[next + 1]);
        next += 2;
        break;
      case 1: // null
        value1 = null;
        break;
      case 3: // true
        value1 = true;
        break;
      case 2: // false
        value1 = false;
        break;
      case 0: break;
      default:
        reader.next = next;
        reader.unit = unit;
        value1 = reader.value(kind, texts);
        next = reader.next;
        unit = reader.unit;
    }
    return {
      "id": value0,
      ["__proto__"]: value1,
    };
  };
}

function plainReaderWithin(floatOf) {
  return function read(reader, words, at, texts) {
    let next = at + 1, unit = reader.unit, kind = 0;
    // 0 "id"
    let value0;
    switch (kind = (words[at + 0] >>> 0) & 15) {
      case 6: // text
        value0 = texts.substring(unit, unit += words[next++]);
        break;
      case 4: // int32
        value0 = words[next++];
        break;
      case 5: // float64
        value0 = floatOf(words[next], words[next + 1]);
        next += 2;
        break;
      case 1: // null
        value0 = null;
        break;
      case 3: // true
        value0 = true;
        break;
      case 2: // false
        value0 = false;
        break;
      case 0: break;
      default:
        reader.next = next;
        reader.unit = unit;
        value0 = reader.value(kind, texts);
        next = reader.next;
        unit = reader.unit;
    }
    reader.next = next;
    reader.unit = unit;
    return {
      "id": value0,
    };
  };
}
