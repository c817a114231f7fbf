{{ stage('participation') }}
