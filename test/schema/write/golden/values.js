function writer(env) {
  const { I8, U8, I16, U16, I32, U32, F32, F64, B64, variable, labels, place, first, records, schema } = env;
  const { blobCost, textCost, exactTextCost, labelBytes, toJson, toAny } = env;
  const { eventFault, eventTooLarge, fitUntil, oddEvent, unknownColumn } = env;
  function push(event) {
    const made = event?.constructor;
    if (made !== Object) oddEvent(schema, event);
    const value0 = event["id"];
    const value1 = Object.hasOwn(event, "constructor") ? event["constructor"] : undefined;
    const value2 = event["raw"];
    const value3 = event["extra"];
    const value4 = event["more"];
    // 0 "id": uint32
    let stored0 = null;
    if (typeof value0 === 'number' && (value0 >>> 0) === value0 && value0 >= 0 && value0 <= 4294967295)
      stored0 = value0;
    else throw eventFault(schema, "id", value0);
    // 1 "constructor": json
    let stored1 = null;
    stored1 = toJson("constructor", value1);
    // 2 "raw": bytes, optional
    let stored2 = null;
    if (value2 !== undefined && value2 !== null) {
      if (value2 instanceof Uint8Array) stored2 = value2;
      else throw eventFault(schema, "raw", value2);
    }
    // Columns that the schema does not have.
    let keys = 0;
    for (const _ in event) keys++;
    const known =
      3 +
      (value2 !== undefined ? 1 : 0) +
      (value4 !== undefined ? 1 : 0);
    if (keys !== known || (made !== Object && made !== undefined)) unknownColumn(schema, event);
    // 3 "extra": any
    let stored3 = null;
    if (value3 === undefined && !("extra" in event))
      throw eventFault(schema, "extra", value3);
    stored3 = toAny("extra", value3, records[3]);
    // 4 "more": any, optional
    let stored4 = null;
    if (value4 !== undefined && value4 !== null) {
      stored4 = toAny("more", value4, records[4]);
    }
    // A place for the row.
    let need =
      textCost(stored1.length) +
      textCost(stored3.text.length) +
      textCost((stored4 === null ? '' : stored4.text).length) +
      (stored2 === null ? 0 : blobCost(stored2.length)) +
      (stored3 === null ? 0 : blobCost(stored3.length)) +
      (stored4 === null ? 0 : blobCost(stored4.length));
    if (need > variable.capacity) {
      need =
        exactTextCost(stored1, stored3.text, (stored4 === null ? '' : stored4.text)) +
        (stored2 === null ? 0 : blobCost(stored2.length)) +
        (stored3 === null ? 0 : blobCost(stored3.length)) +
        (stored4 === null ? 0 : blobCost(stored4.length));
      if (need > variable.capacity) throw eventTooLarge(schema, need, variable.capacity);
    }
    if (place.row === place.end) {
      const answer = place.find();
      if (answer !== undefined) return answer;
    }
    if (need > variable.room) {
      need =
        exactTextCost(stored1, stored3.text, (stored4 === null ? '' : stored4.text)) +
        (stored2 === null ? 0 : blobCost(stored2.length)) +
        (stored3 === null ? 0 : blobCost(stored3.length)) +
        (stored4 === null ? 0 : blobCost(stored4.length));
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
    U32[(first[0] + row) | 0] = stored0;
    const text1 = stored1;
    if (text1.length > 0) variable.texts[variable.count++] = text1;
    I32[(first[5] + row) | 0] = variable.end += text1.length;
    U8[(first[7] + row) | 0] = stored2 === null ? 0 : 1;
    I32[(first[6] + row) | 0] = stored2 === null ? 0 : variable.blob(stored2);
    I32[(first[9] + row) | 0] = variable.record(stored3);
    const text3 = stored3.text;
    if (text3.length > 0) variable.texts[variable.count++] = text3;
    I32[(first[11] + row) | 0] = variable.end += text3.length;
    U8[(first[13] + row) | 0] = stored4 === null ? 0 : 1;
    I32[(first[12] + row) | 0] = stored4 === null ? 0 : variable.record(stored4);
    const text4 = (stored4 === null ? '' : stored4.text);
    if (text4.length > 0) variable.texts[variable.count++] = text4;
    I32[(first[14] + row) | 0] = variable.end += text4.length;
    const next = (row + 1) | 0;
    place.row = next;
    if (next === place.end) place.complete();
    return true;
  }
  const writeColumns = undefined;
  return { push, writeColumns };
}

function rows(columns, validity) {
  // 0 "id": uint32
  const column0 = columns[0];
  // 1 "constructor": json
  const column1 = columns[1];
  // 2 "raw": bytes, optional
  const column2 = columns[2];
  // 3 "extra": any
  const column3 = columns[3];
  // 4 "more": any, optional
  const column4 = columns[4];
  return function row(i) {
    return {
      "id": column0[i],
      "constructor": column1.get(i),
      "raw": column2.get(i),
      "extra": column3.get(i),
      "more": column4.get(i),
    };
  };
}

function fromJson(env) {
  const { converters, members, refuse, notAnObject } = env;
  const convert1 = converters[1];
  const convert2 = converters[2];
  return function fromJson(event, text, start) {
    if (typeof event !== 'object' || event === null || Array.isArray(event)) throw notAnObject(event);
    // 1 "constructor": json
    const value1 = event["constructor"];
    // 2 "raw": bytes, optional
    const value2 = event["raw"];
    const reads1 = Object.hasOwn(event, "constructor") && (value1 != null);
    if (reads1) members.find(text, start);
    if (Object.hasOwn(event, "constructor") && (value1 != null))
      event["constructor"] = convert1("constructor", value1, refuse, reads1 ? members.textOf(text, 0) : undefined);
    if (value2 != null) event["raw"] = convert2("raw", value2, refuse);
    return event;
  };
}
