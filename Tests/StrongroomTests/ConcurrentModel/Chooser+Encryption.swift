@testable import Strongroom

extension Chooser {
    /// What a write asks for, and the key that its bucket's handle presents.
    mutating func encryption() -> (request: EncryptionRequest, presented: CustomerKey?) {
        let request: EncryptionRequest =
            switch number(16) {
            case 0, 1: .none
            case 2, 3: .s3Managed
            case 4..<7: .kms(key: keyName(), context: context(), bucketKey: [nil, true, false][number(3)])
            case 9: .kmsDualLayer(key: keyName(), context: context())
            case 7, 8: .customerKey(customerKey())
            default: .bucketDefault
            }
        // With most requests a key beside them is one too many.
        let odds = request == .bucketDefault ? 6 : 40
        return (request, isChosen(odds) ? customerKey() : nil)
    }

    mutating func customerKey() -> CustomerKey { ModelKeys.customers[number(ModelKeys.customers.count)] }

    /// Mostly the key that is needed, as far as it is known; sometimes another, one too many or none.
    mutating func presented(for key: CustomerKey?) -> CustomerKey? {
        guard isChosen(8) else { return key }
        return isChosen(3) ? nil : customerKey()
    }

    /// For what needs no key.
    mutating func needlessKey() -> CustomerKey? { isChosen(6) ? customerKey() : nil }

    mutating func updateEncryption() -> UpdateEncryptionStep {
        var step = UpdateEncryptionStep(
            place: place(), kmsKey: keyName(), context: context(), usesBucketKey: isChosen(2))
        if isChosen(2), let known = version() { (step.place, step.version) = (known.place, known.id) }
        if isChosen(30) { step.presented = customerKey() }
        return step
    }

    mutating func encryptionSetting() -> any Step {
        if isChosen(2) {
            return AllowedEncryptionStep(bucket: isChosen(6) ? "plain" : "moving", allowsCustomerKeys: !isChosen(3))
        }
        let key = ModelKeys.names[number(ModelKeys.names.count)]
        let encryption: DefaultEncryption =
            switch number(8) {
            case 0, 1: .none
            case 2, 3: .s3Managed
            case 4: .kmsDualLayer(key: key)
            default: .kms(key: key, bucketKey: isChosen(2))
            }
        return EncryptionStep(bucket: bucket(), encryption: encryption)
    }

    mutating func keyUpkeep() -> any Step {
        if isChosen(3) {
            return KeyOutageStep(service: service, key: ModelKeys.serviceKeys[number(ModelKeys.serviceKeys.count)])
        }
        let keys: [RotateKeyStep.Key] = [.managed] + ModelKeys.serviceKeys.map { .service(service, $0) }
        let rotation = RotateKeyStep(key: keys[number(keys.count)])
        if isChosen(3) { return rotation }
        return RewrapStep(
            rotation: isChosen(5) ? nil : rotation,
            options: RewrapOptions(limit: isChosen(3) ? UInt64(1 + number(20)) : nil))
    }

    private mutating func keyName() -> String? {
        isChosen(30) ? ModelKeys.unknown : ModelKeys.names[number(ModelKeys.names.count)]
    }

    /// Few, for each has Bucket Keys of its own.
    private mutating func context() -> [String: String] {
        [[:], [:], ["tenant": "blue", "é": ""], ["n": "\(number(3))"]][number(4)]
    }
}
