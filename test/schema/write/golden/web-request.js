function writer(env) {
  const { I8, U8, I16, U16, I32, U32, F32, F64, B64, variable, labels, place, first, records, schema } = env;
  const { blobCost, textCost, exactTextCost, labelBytes, toJson, toAny } = env;
  const { eventFault, eventTooLarge, fitUntil, oddEvent, unknownColumn } = env;
  function push(event) {
    const made = event?.constructor;
    if (made !== Object) oddEvent(schema, event);
    const value0 = event["at"];
    const value1 = event["method"];
    const value2 = event["path"];
    const value3 = event["status"];
    const value4 = event["message"];
    const value5 = event["userAgent"];
    const value6 = event["note"];
    // 0 "at": timestamp
    let stored0 = null;
    stored0 = typeof value0 === 'number' ? value0 : value0 instanceof Date ? value0.getTime() : NaN;
    if (!(stored0 >= -8640000000000000 && stored0 <= 8640000000000000))
      throw eventFault(schema, "at", value0);
    // 1 "method": label
    let stored1 = null, label1 = -1;
    if (typeof value1 !== 'string') throw eventFault(schema, "method", value1);
    label1 = labels.idOf(value1);
    if (label1 < 0) stored1 = labelBytes(value1);
    // 2 "path": label
    let stored2 = null, label2 = -1;
    if (typeof value2 !== 'string') throw eventFault(schema, "path", value2);
    label2 = labels.idOf(value2);
    if (label2 < 0) stored2 = labelBytes(value2);
    // 3 "status": uint16
    let stored3 = null;
    if (typeof value3 === 'number' && (value3 | 0) === value3 && value3 >= 0 && value3 <= 65535)
      stored3 = value3;
    else throw eventFault(schema, "status", value3);
    // 4 "message": string
    let stored4 = null;
    if (typeof value4 === 'string') stored4 = value4;
    else throw eventFault(schema, "message", value4);
    // 5 "userAgent": label, optional
    let stored5 = null, label5 = -1;
    if (value5 !== undefined && value5 !== null) {
      if (typeof value5 !== 'string') throw eventFault(schema, "userAgent", value5);
      label5 = labels.idOf(value5);
      if (label5 < 0) stored5 = labelBytes(value5);
    }
    // 6 "note": string, optional
    let stored6 = null;
    if (value6 !== undefined && value6 !== null) {
      if (typeof value6 === 'string') stored6 = value6;
      else throw eventFault(schema, "note", value6);
    }
    // Columns that the schema does not have.
    let keys = 0;
    for (const _ in event) keys++;
    const known =
      5 +
      (value5 !== undefined ? 1 : 0) +
      (value6 !== undefined ? 1 : 0);
    if (keys !== known || (made !== Object && made !== undefined)) unknownColumn(schema, event);
    // A place for the row.
    let need =
      textCost(stored4.length) +
      textCost((stored6 === null ? '' : stored6).length) +
      (stored1 === null ? 0 : blobCost(stored1.length)) +
      (stored2 === null ? 0 : blobCost(stored2.length)) +
      (stored5 === null ? 0 : blobCost(stored5.length));
    if (need > variable.capacity) {
      need =
        exactTextCost(stored4, (stored6 === null ? '' : stored6)) +
        (stored1 === null ? 0 : blobCost(stored1.length)) +
        (stored2 === null ? 0 : blobCost(stored2.length)) +
        (stored5 === null ? 0 : blobCost(stored5.length));
      if (need > variable.capacity) throw eventTooLarge(schema, need, variable.capacity);
    }
    if (place.row === place.end) {
      const answer = place.find();
      if (answer !== undefined) return answer;
    }
    if (need > variable.room) {
      need =
        exactTextCost(stored4, (stored6 === null ? '' : stored6)) +
        (stored1 === null ? 0 : blobCost(stored1.length)) +
        (stored2 === null ? 0 : blobCost(stored2.length)) +
        (stored5 === null ? 0 : blobCost(stored5.length));
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
    F64[(first[0] + row) | 0] = stored0;
    I32[(first[3] + row) | 0] = stored1 === null ? label1 : -1 - variable.blob(stored1);
    I32[(first[6] + row) | 0] = stored2 === null ? label2 : -1 - variable.blob(stored2);
    U16[(first[9] + row) | 0] = stored3;
    const text4 = stored4;
    if (text4.length > 0) variable.texts[variable.count++] = text4;
    I32[(first[14] + row) | 0] = variable.end += text4.length;
    I32[(first[15] + row) | 0] = stored5 === null ? label5 : -1 - variable.blob(stored5);
    U8[(first[19] + row) | 0] = stored6 === null ? 0 : 1;
    const text6 = (stored6 === null ? '' : stored6);
    if (text6.length > 0) variable.texts[variable.count++] = text6;
    I32[(first[20] + row) | 0] = variable.end += text6.length;
    const next = (row + 1) | 0;
    place.row = next;
    if (next === place.end) place.complete();
    return true;
  }
  // 0 "at": timestamp
  function column0(values, from, to, row) {
    if (values instanceof Float64Array) {
      to = fitUntil[0](values, from, to);
      const part = from === 0 && to === values.length ? values : values.subarray(from, to);
      F64.set(part, first[0] + row);
      return to;
    }
    let i = from;
    try {
      for (; i < to; i++, row++) {
        const value0 = values[i];
        let stored0 = null;
        stored0 = typeof value0 === 'number' ? value0 : value0 instanceof Date ? value0.getTime() : NaN;
        if (!(stored0 >= -8640000000000000 && stored0 <= 8640000000000000)) return i;
        F64[(first[0] + row) | 0] = stored0;
      }
    } catch {
      return i;
    }
    return to;
  }
  // 1 "method": label
  function column1(values, from, to, row) {
    let i = from;
    try {
      for (; i < to; i++, row++) {
        const value1 = values[i];
        let stored1 = null, label1 = -1;
        if (typeof value1 !== 'string') return i;
        label1 = labels.idOf(value1);
        if (label1 < 0) stored1 = labelBytes(value1);
        if (stored1 !== null) return i;
        I32[(first[3] + row) | 0] = stored1 === null ? label1 : -1 - variable.blob(stored1);
      }
    } catch {
      return i;
    }
    return to;
  }
  // 2 "path": label
  function column2(values, from, to, row) {
    let i = from;
    try {
      for (; i < to; i++, row++) {
        const value2 = values[i];
        let stored2 = null, label2 = -1;
        if (typeof value2 !== 'string') return i;
        label2 = labels.idOf(value2);
        if (label2 < 0) stored2 = labelBytes(value2);
        if (stored2 !== null) return i;
        I32[(first[6] + row) | 0] = stored2 === null ? label2 : -1 - variable.blob(stored2);
      }
    } catch {
      return i;
    }
    return to;
  }
  // 3 "status": uint16
  function column3(values, from, to, row) {
    if (values instanceof Uint16Array) {
      const part = from === 0 && to === values.length ? values : values.subarray(from, to);
      U16.set(part, first[9] + row);
      return to;
    }
    let i = from;
    try {
      for (; i < to; i++, row++) {
        const value3 = values[i];
        let stored3 = null;
        if (typeof value3 === 'number' && (value3 | 0) === value3 && value3 >= 0 && value3 <= 65535)
          stored3 = value3;
        else return i;
        U16[(first[9] + row) | 0] = stored3;
      }
    } catch {
      return i;
    }
    return to;
  }
  // 5 "userAgent": label, optional
  function column5(values, from, to, row) {
    let i = from;
    try {
      for (; i < to; i++, row++) {
        const value5 = values[i];
        let stored5 = null, label5 = -1;
        if (value5 !== undefined && value5 !== null) {
          if (typeof value5 !== 'string') return i;
          label5 = labels.idOf(value5);
          if (label5 < 0) stored5 = labelBytes(value5);
        }
        if (stored5 !== null) return i;
        I32[(first[15] + row) | 0] = stored5 === null ? label5 : -1 - variable.blob(stored5);
      }
    } catch {
      return i;
    }
    return to;
  }
  function texts(columns, from, to, row) {
    const values4 = columns[4];
    const values6 = columns[6];
    let i = from;
    try {
      for (; i < to; i++, row++) {
        const value4 = values4[i];
        const value6 = values6[i];
        // 4 "message": string
        let stored4 = null;
        if (typeof value4 === 'string') stored4 = value4;
        else return i;
        // 6 "note": string, optional
        let stored6 = null;
        if (value6 !== undefined && value6 !== null) {
          if (typeof value6 === 'string') stored6 = value6;
          else return i;
        }
        const units = stored4.length + (stored6 === null ? '' : stored6).length;
        const need = textCost(units);
        if (need > variable.room) return i;
        variable.room -= need;
        const text4 = stored4;
        if (text4.length > 0) variable.texts[variable.count++] = text4;
        I32[(first[14] + row) | 0] = variable.end += text4.length;
        U8[(first[19] + row) | 0] = stored6 === null ? 0 : 1;
        const text6 = (stored6 === null ? '' : stored6);
        if (text6.length > 0) variable.texts[variable.count++] = text6;
        I32[(first[20] + row) | 0] = variable.end += text6.length;
      }
    } catch {
      return i;
    }
    return to;
  }
  function writeColumns(row, columns, from, to) {
    to = column1(columns[1], from, to, row);
    to = column2(columns[2], from, to, row);
    to = column5(columns[5], from, to, row);
    to = column0(columns[0], from, to, row);
    to = column3(columns[3], from, to, row);
    return texts(columns, from, to, row);
  }
  return { push, writeColumns };
}

function rows(columns, validity) {
  // 0 "at": timestamp
  const column0 = columns[0];
  // 1 "method": label
  const column1 = columns[1];
  // 2 "path": label
  const column2 = columns[2];
  // 3 "status": uint16
  const column3 = columns[3];
  // 4 "message": string
  const column4 = columns[4];
  // 5 "userAgent": label, optional
  const column5 = columns[5];
  // 6 "note": string, optional
  const column6 = columns[6];
  return function row(i) {
    return {
      "at": column0[i],
      "method": column1.get(i),
      "path": column2.get(i),
      "status": column3[i],
      "message": column4.get(i),
      "userAgent": column5.get(i),
      "note": column6.get(i),
    };
  };
}

function fromJson(env) {
  const { converters, members, refuse, notAnObject } = env;
  const convert0 = converters[0];
  return function fromJson(event, text, start) {
    if (typeof event !== 'object' || event === null || Array.isArray(event)) throw notAnObject(event);
    // 0 "at": timestamp
    const value0 = event["at"];
    if (typeof value0 !== 'number' && value0 != null)
      event["at"] = convert0("at", value0, refuse);
    return event;
  };
}
